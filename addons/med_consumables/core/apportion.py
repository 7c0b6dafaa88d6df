"""Split an amount of money without losing a cent.

Source: the largest remainder method (Hamilton), as used for apportioning seats.
"""

from decimal import ROUND_FLOOR, Decimal


def apportion(amount: Decimal, weights: list[Decimal], unit: Decimal) -> list[Decimal]:
    """``amount`` in shares proportional to ``weights``, each a multiple of ``unit``.

    ``amount`` is in currency and must be a multiple of ``unit``, the currency's
    smallest coin (0.01). The shares add up to ``amount`` exactly: what rounding down
    leaves goes, coin by coin, to the largest remainders. Equal remainders are served
    in the order given, so the result is the same every time.

    >>> [str(s) for s in apportion(Decimal("10.00"), [1, 1, 1], Decimal("0.01"))]
    ['3.34', '3.33', '3.33']
    """
    total = sum(weights)
    if not weights:
        return []
    if not total:
        raise ValueError("the weights of a split must not add up to zero")
    sign = -1 if amount < 0 else 1
    exact = [abs(amount) * Decimal(weight) / total / unit for weight in weights]
    coins = [share.to_integral_value(ROUND_FLOOR) for share in exact]
    rest = int(abs(amount) / unit - sum(coins))
    by_remainder = sorted(range(len(exact)), key=lambda i: (coins[i] - exact[i], i))
    for position in by_remainder[:rest]:
        coins[position] += 1
    return [sign * coin * unit for coin in coins]

"""Who bears the cost of what a store buys: the departments that use it.

An item bought for the central store is paid by nobody yet. Its expected cost is
spread over the cost centres as they used it lately.
"""

from collections.abc import Mapping

HUNDREDTHS = 10_000  # of a percent point: 100.00 %


def cost_shares(use: Mapping[int, float], fallback: int | None) -> dict[int, float]:
    """Percent of the cost per cost centre; they add up to 100 exactly.

    ``use`` is what each cost centre used, net of returns, in one unit; who used
    nothing, or returned more than it used, bears nothing. Where nobody used any, the
    ``fallback`` cost centre bears all; without one nobody is named.

    >>> cost_shares({7: 200.0, 8: 100.0}, fallback=1)
    {7: 66.67, 8: 33.33}
    >>> cost_shares({}, fallback=1)
    {1: 100.0}
    """
    users = {centre: quantity for centre, quantity in use.items() if quantity > 0}
    if not users:
        return {fallback: 100.0} if fallback else {}
    total = sum(users.values())
    exact = {centre: HUNDREDTHS * used / total for centre, used in users.items()}
    shares = {centre: int(share) for centre, share in exact.items()}
    rest = HUNDREDTHS - sum(shares.values())
    by_remainder = sorted(exact, key=lambda centre: shares[centre] - exact[centre])
    for centre in by_remainder[:rest]:
        shares[centre] += 1
    return {centre: share / 100 for centre, share in shares.items() if share}

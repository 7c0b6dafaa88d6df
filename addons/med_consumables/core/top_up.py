"""PAR: a shelf with an agreed level is filled up to it, again and again.

Source: Silver, Pyke & Thomas, Inventory and Production Management in Supply Chains,
4th ed. (2017), ch. 6: the inventory position counts what is usable and what is coming.
"""

from decimal import ROUND_CEILING, Decimal


def top_up(
    order_up_to: float, usable: float, on_the_way: float, multiple: float = 0.0
) -> float:
    """What to ask for so that the shelf reaches ``order_up_to``; all in one unit.

    ``usable`` may be negative (more was used than the books hold). ``multiple`` is the
    pack that the store issues; zero means any quantity. Never negative.

    >>> top_up(order_up_to=100, usable=35, on_the_way=20)
    45.0
    >>> top_up(order_up_to=100, usable=35, on_the_way=20, multiple=20)
    60.0
    >>> top_up(order_up_to=100, usable=90, on_the_way=20)
    0.0
    """
    position = Decimal(str(usable)) + Decimal(str(on_the_way))
    wanted = max(Decimal(str(order_up_to)) - position, Decimal(0))
    if multiple:
        pack = Decimal(str(multiple))
        wanted = (wanted / pack).to_integral_value(ROUND_CEILING) * pack
    return float(wanted)

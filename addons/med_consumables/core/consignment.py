"""Consignment: what the hospital must buy because it was used.

The hospital's own pieces are used first, for they are paid. What they do not cover is
taken from the supplier's pieces on the same shelf, those first that expire first, and
becomes a purchase of that quantity.
"""

from .fefo import Stock, Taken, Use, allocate


def to_buy(uses: list[Use], own: list[Stock], consigned: list[Stock]) -> list[Taken]:
    """What the uses, in their order, take of the supplier's stock.

    A use that both together do not cover takes nothing: half a purchase would hide
    that the other half is missing. The key of a ``consigned`` entry is its ``place``.

    >>> from decimal import Decimal
    >>> [(t.key, t.place, int(t.quantity)) for t in to_buy(
    ...     [Use(1, Decimal(3))],
    ...     [Stock(7, "own", Decimal(2))],
    ...     [Stock(8, "theirs", Decimal(5))],
    ... )]
    [(1, 'theirs', 1)]
    """
    theirs = {entry.place for entry in consigned}
    # Sorted as posting will take them: unusable lots last, whoever owns them.
    taken, _missing = allocate(uses, [*own, *consigned])
    return [part for part in taken if part.place in theirs]

"""First expired, first out: which lots cover which uses.

Uses come in the order in which they happened and lots in the order in which they
should leave the shelf. A use is covered whole or not at all: half a posted use would
hide that the other half is missing.
"""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Stock:
    """One lot at one place. ``quantity`` is what may be taken, in the product's unit.

    ``lot`` and ``place`` are any hashable keys; ``lot`` is None for stock without one.
    ``unusable`` lots (expired, held) are taken last: the use took place, so it must be
    recorded, but a nurse reaches for a good piece first.
    """

    lot: int | None
    place: int
    quantity: Decimal
    unusable: bool = False


@dataclass(frozen=True, slots=True)
class Use:
    """One use to be covered.

    ``lot`` names the lot when the report did, and ``place`` the place on the shelf
    where only that one can have been taken from.
    """

    key: int
    quantity: Decimal
    lot: int | None = None
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """``quantity`` of the stock at ``place`` of ``lot`` covers the use ``key``."""

    key: int
    lot: int | None
    place: int
    quantity: Decimal
    unusable: bool


def allocate(
    uses: list[Use], stock: list[Stock]
) -> tuple[list[Taken], dict[int, Decimal]]:
    """Cover ``uses`` in their order from ``stock`` in its order.

    Returns what was taken and, for each use that could not be covered, the quantity
    missing: ``{key: missing}``. A use that cannot be covered takes nothing.

    >>> taken, missing = allocate(
    ...     [Use(1, Decimal(3)), Use(2, Decimal(9))],
    ...     [Stock(7, 1, Decimal(2)), Stock(8, 1, Decimal(5))],
    ... )
    >>> [(t.key, t.lot, int(t.quantity)) for t in taken], missing
    ([(1, 7, 2), (1, 8, 1)], {2: Decimal('5')})
    """
    shelf = sorted(stock, key=lambda s: s.unusable)  # stable: keeps the given order
    left = [entry.quantity for entry in shelf]
    by_lot = defaultdict(list)
    for position, entry in enumerate(shelf):
        by_lot[entry.lot].append(position)
    everything = range(len(shelf))
    taken, missing = [], {}
    for use in uses:
        positions = by_lot[use.lot] if use.lot is not None else everything
        cover, wanted = [], use.quantity
        for position in positions:
            if wanted <= 0:
                break
            if use.place not in (None, shelf[position].place):
                continue
            quantity = min(wanted, left[position])
            if quantity > 0:
                cover.append((position, quantity))
                wanted -= quantity
        if wanted > 0:
            missing[use.key] = wanted
            continue
        for position, quantity in cover:
            left[position] -= quantity
            entry = shelf[position]
            taken.append(
                Taken(use.key, entry.lot, entry.place, quantity, entry.unusable)
            )
    return taken, missing

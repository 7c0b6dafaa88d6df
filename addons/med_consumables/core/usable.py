"""What can be used of what lies there.

A quantity that is out for two reasons (expired and on hold, on hold and reserved)
counts once, for the first reason in this order: expired, held, reserved.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Pile:
    """One lot (or no lot) at one place; quantities in the product's unit.

    ``held`` is on hold, recalled or in quarantine. Piles are given in the order in
    which they leave the shelf.
    """

    key: Hashable
    lot: str | None
    quantity: float
    reserved: float = 0.0
    expired: bool = False
    held: bool = False

    @property
    def free(self) -> float:
        """What of this pile may be taken, before use that is not posted yet."""
        return 0.0 if self.expired or self.held else self.quantity - self.reserved


@dataclass(frozen=True, slots=True)
class StockFigures:
    """Stock of one product in one place, in the product's unit.

    ``pending`` is recorded as used and not posted to stock yet, net of returns.

    >>> StockFigures(on_hand=50, expired=10, held=5, reserved=8, pending=2).usable
    25
    """

    on_hand: float = 0.0
    expired: float = 0.0
    held: float = 0.0
    reserved: float = 0.0
    pending: float = 0.0

    @property
    def usable(self) -> float:
        """What a patient may get now and nobody else has asked for."""
        return self.on_hand - self.expired - self.held - self.reserved - self.pending

    def __add__(self, other: "StockFigures") -> "StockFigures":
        return StockFigures(
            self.on_hand + other.on_hand,
            self.expired + other.expired,
            self.held + other.held,
            self.reserved + other.reserved,
            self.pending + other.pending,
        )

    def rounded(self, to_unit) -> "StockFigures":
        """The same, each figure passed through ``to_unit`` (the unit's rounding)."""
        return StockFigures(
            to_unit(self.on_hand),
            to_unit(self.expired),
            to_unit(self.held),
            to_unit(self.reserved),
            to_unit(self.pending),
        )


@dataclass(slots=True)
class Pending:
    """Use of one product from one shelf that is not posted: by lot where named."""

    by_lot: dict[str, float] = field(default_factory=dict)
    any_lot: float = 0.0


def usable_by_pile(piles: Iterable[Pile], pending: Pending) -> dict[Hashable, float]:
    """What can be used of each pile: ``{key: quantity}``.

    Use that named its lot is taken from that lot, the rest from the piles in their
    order, as posting will do. A pile never shows less than nothing on account of
    pending use; net returns of an unnamed lot show when they are posted.

    >>> piles = [Pile(1, "A", 5.0), Pile(2, "B", 5.0), Pile(3, "C", 9.0, held=True)]
    >>> usable_by_pile(piles, Pending({"B": 1.0}, 6.0))
    {1: 0.0, 2: 3.0, 3: 0.0}
    """
    piles = list(piles)
    left = {pile.key: pile.free for pile in piles}

    def take(quantity, candidates):
        for pile in candidates:
            taken = min(quantity, max(left[pile.key], 0.0))
            left[pile.key] -= taken
            quantity -= taken

    for lot, quantity in pending.by_lot.items():
        take(max(quantity, 0.0), [pile for pile in piles if pile.lot == lot])
    take(max(pending.any_lot, 0.0), piles)
    return left

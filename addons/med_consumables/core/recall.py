"""Counting the units of a recall: none may go out of sight.

A unit lies on a shelf, is on its way, is in a patient, or left by what the recall
records (returned, destroyed, ...). What disappears from all of these without a record
is kept as *left*, until somebody says what became of it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spot:
    """Where units of one lot are: a shelf, a department that used them, or nowhere.

    Pieces that bear no lot count as one lot of their item: minus the item's number.
    """

    lot: int
    place: str  # store, ward, transit, quarantine, used or left
    location: int | None = None
    department: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Units at one spot. ``unposted`` of them are used and not on the books yet."""

    quantity: float = 0.0
    unposted: float = 0.0


def refreshed(before: dict[Spot, Found], now: dict[Spot, Found]) -> dict[Spot, Found]:
    """What stands on the list after another look.

    >>> ward, used = Spot(1, "ward", 8), Spot(1, "used", None, 3)
    >>> before = {ward: Found(5.0)}
    >>> after = refreshed(before, {ward: Found(3.0), used: Found(1.0)})
    >>> after[used].quantity, after[Spot(1, "left")].quantity
    (1.0, 1.0)
    """
    after = dict(now)
    for lot in {spot.lot for spot in before} | {spot.lot for spot in now}:
        left = Spot(lot, "left")
        known = before.get(left, Found()).quantity
        gone = _on_the_books(before, lot) - _on_the_books(now, lot) - known
        total = known + max(round(gone, 6), 0.0)
        after.pop(left, None)
        if total:
            after[left] = Found(total)
    return after


def _on_the_books(found, lot):
    return sum(
        each.quantity - each.unposted for spot, each in found.items() if spot.lot == lot
    )

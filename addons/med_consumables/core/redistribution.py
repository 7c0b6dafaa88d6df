"""Redistribution: what a ward will not use in time, and who will.

A ward uses what expires first, first (FEFO), at its average daily use. What its use
does not reach before the date, or within the days of cover that anybody should hold,
is spare. Another ward takes spare pieces as far as it would use them in time without
letting its own lots expire.
"""

import math
from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lot:
    """One lot of one product on one shelf.

    ``quantity`` is what may be moved, in the product's unit; ``days_left`` are the days
    until its date, None where it bears none.
    """

    key: Hashable
    place: Hashable
    quantity: float
    days_left: float | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """When a lot is offered; all in days.

    ``near`` is how long before its date a lot is near it; ``cover`` how much use a
    shelf should hold at most; ``handling`` what a transfer takes.
    """

    near: float = 90
    cover: float = 90
    handling: float = 1


@dataclass(frozen=True, slots=True)
class Offer:
    """Move ``quantity`` of the lot ``key`` to ``place``; why: expiry or excess."""

    key: Hashable
    place: Hashable
    quantity: int
    reason: str


def propose(
    lots: list[Lot],
    daily_use: dict[Hashable, float],
    policy: Policy,
    kept: dict[Hashable, float] | None = None,
) -> list[Offer]:
    """Offers for one product: what is nearest to its date first, in whole units.

    ``daily_use`` is in units per day and place. ``kept`` is what a place always holds
    (its reorder point): of excess it gives only what is above; what would expire there
    is no reserve.

    >>> lots = [Lot("A", "ICU", 40, days_left=20)]
    >>> propose(lots, {"ICU": 1.0, "ER": 3.0}, Policy())
    [Offer(key='A', place='ER', quantity=20, reason='expiry')]
    """
    shelves = defaultdict(list)
    for lot in sorted(lots, key=_first_expired):
        shelves[lot.place].append((lot.quantity, _days(lot)))
    offers = []
    for lot, spare, reason in _spare(lots, daily_use, policy, kept or {}):
        days = min(_days(lot), policy.cover) - policy.handling
        rooms = {
            place: _room(shelves[place], use, days)
            for place, use in daily_use.items()
            if place != lot.place and use > 0
        }
        for place in sorted(rooms, key=lambda place: (-rooms[place], str(place))):
            quantity = math.floor(min(spare, rooms[place]) + 1e-6)
            if quantity < 1:
                break
            offers.append(Offer(lot.key, place, quantity, reason))
            # What one offer fills is no room for the next.
            shelves[place].append((quantity, days))
            shelves[place].sort(key=lambda pile: pile[1])
            spare -= quantity
    return offers


def _spare(lots, daily_use, policy, kept):
    """``(lot, quantity, reason)`` of what its own shelf will not use in time."""
    found = []
    for place in dict.fromkeys(lot.place for lot in lots):
        here = sorted((lot for lot in lots if lot.place == place), key=_first_expired)
        use = daily_use.get(place, 0.0)
        may_leave = max(sum(lot.quantity for lot in here) - kept.get(place, 0.0), 0.0)
        taken = 0.0
        for lot in here:
            used = min(
                lot.quantity, max(use * min(_days(lot), policy.cover) - taken, 0)
            )
            taken += used
            spare = lot.quantity - used
            reason = "expiry" if _days(lot) <= policy.near else "excess"
            if reason == "excess":
                spare = min(spare, may_leave)
            if spare >= 1:
                may_leave = max(may_leave - spare, 0.0)
                found.append((lot, spare, reason))
    return sorted(found, key=lambda row: _first_expired(row[0]))


def _room(shelf, use, days):
    """Units more, good for ``days``, that a shelf uses before any pile expires."""
    room = max(use * days - sum(units for units, good in shelf if good <= days), 0.0)
    total = 0.0
    for units, good in shelf:  # the first to expire first
        total += units
        if days < good < math.inf:
            room = min(room, use * good - total)
    return max(room, 0.0)


def _days(lot):
    return math.inf if lot.days_left is None else lot.days_left


def _first_expired(lot):
    return _days(lot), str(lot.key)

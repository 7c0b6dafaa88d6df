"""Redistribution: what one place will hardly use in time, and who more likely will.

A place uses what expires first, first (FEFO). A unit will be wasted if the use until
its date is less than what is used before it; moving it makes waste likelier at the
receiver, whose later lots wait longer, and less likely at the giver. It goes where it
is worth the way:

    P(not used at the giver) - P(not used at the receiver) >= gain

Use comes in lines, and few large lines may come late: until a date, none comes with
the chance exp(-lines), and what comes otherwise is gamma distributed. Its variance is
``lump`` times its mean (compound Poisson); a lump of zero is steady use, of which all
is known. Gamma by the cube root of Wilson & Hilferty (PNAS 17, 1931).
"""

import math
from collections.abc import Hashable
from dataclasses import dataclass, field

#: No pile is looked at more finely than this; units.
TINY = 1e-6


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

    @property
    def days(self):
        return math.inf if self.days_left is None else self.days_left


@dataclass(frozen=True, slots=True)
class Use:
    """Use of one product at one place: ``daily`` units a day, in lines of about
    ``lump`` units (the variance of use over its mean)."""

    daily: float = 0.0
    lump: float = 0.0

    def unused(self, units: float, days: float) -> float:
        """The chance that the last of ``units`` is not used within ``days``.

        >>> Use(2.0).unused(20, days=10), Use(2.0).unused(21, days=10)
        (0.0, 1.0)
        >>> round(Use(2.0, lump=20.0).unused(0.5, days=10), 2)  # no line: exp(-1)
        0.37
        """
        if units <= TINY:
            return 0.0
        mean = self.daily * days
        if not mean > TINY:
            return 1.0
        if self.lump <= TINY or mean == math.inf:
            return min(max(units - mean, 0.0), 1.0)
        none = math.exp(-mean / self.lump)
        some = 1 - none
        square = (self.lump + mean) * mean / some  # of what comes if any does
        mean /= some
        shape = mean**2 / max(square - mean**2, TINY)
        middle = max(units - 0.5, 0.0)  # of the last unit
        cube = (middle / mean) ** (1 / 3) - 1 + 1 / (9 * shape)
        return none + some * 0.5 * math.erfc(-3 * math.sqrt(shape / 2) * cube)


@dataclass(frozen=True, slots=True)
class Policy:
    """When a lot is offered; ``near``, ``cover`` and ``handling`` in days.

    ``near`` is how long before its date a lot is near it; ``cover`` how much use a
    shelf should hold at most; ``handling`` what a transfer takes. ``gain`` is by how
    much a unit's chance of being used must grow: chosen on the training parts of the
    panels of docs/forecast.md, where 0.3 to 0.4 do alike.
    """

    near: float = 90
    cover: float = 90
    handling: float = 1
    gain: float = 0.35


@dataclass(frozen=True, slots=True)
class Offer:
    """Move ``quantity`` of the lot ``key`` to ``place``; why: expiry or excess.

    ``used_here`` and ``used_there`` are the chances that the last of them is used in
    time, or within the cover, where it lies (of the others less) and where it would go
    (of the others more).
    """

    key: Hashable
    place: Hashable
    quantity: int
    reason: str
    used_here: float = field(default=0.0, compare=False)
    used_there: float = field(default=0.0, compare=False)


def propose(
    lots: list[Lot],
    uses: dict[Hashable, Use],
    policy: Policy,
    kept: dict[Hashable, float] | None = None,
    wants: dict[Hashable, float] | None = None,
) -> list[Offer]:
    """Offers for one product: what is nearest to its date first, in whole units.

    ``kept`` is what a place always holds (its reorder point): of excess it gives only
    what is above; what would expire there is no reserve. With ``wants``, units that
    places would buy now, excess is offered to these and to nobody else.

    >>> lots = [Lot("A", "ICU", 40, days_left=20)]
    >>> (offer,) = propose(lots, {"ICU": Use(1.0), "ER": Use(3.0)}, Policy())
    >>> offer.place, offer.quantity, offer.used_here, offer.used_there
    ('ER', 20, 0.0, 1.0)
    """
    shelves = {place: _Shelf(use) for place, use in uses.items()}
    for lot in lots:
        shelves.setdefault(lot.place, _Shelf(Use())).add(lot.days, lot.quantity)
    receivers = shelves
    if wants is not None:
        receivers = {place: _Shelf(_Wanted(units)) for place, units in wants.items()}
    offers = []
    for lot in sorted(lots, key=lambda lot: (lot.days, str(lot.key))):
        reason = "expiry" if lot.days <= policy.near else "excess"
        if wants is not None and reason == "expiry":
            continue
        left = lot.quantity
        if reason == "excess":
            reserve = (kept or {}).get(lot.place, 0.0)
            left = min(left, shelves[lot.place].units - reserve)
        way = _Way(lot, shelves[lot.place], policy)
        while left >= 1 and (best := way.best(receivers, left)):
            place, quantity = best
            here = way.used_here(quantity)
            there = way.used_there(receivers[place], quantity)
            offers.append(Offer(lot.key, place, quantity, reason, here, there))
            shelves[lot.place].add(lot.days, -quantity)
            receivers[place].add(lot.days - policy.handling, quantity)
            left -= quantity
    return offers


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A place that would buy ``units``: it need not buy what it is given."""

    units: float
    daily: float = math.inf

    def unused(self, units, _days):
        return min(max(units - self.units, 0.0), 1.0)


class _Shelf:
    """What lies at a place, by the days it is good for, and how it is used there."""

    def __init__(self, use):
        self.use, self.piles = use, []

    @property
    def units(self):
        return sum(units for _days, units in self.piles)

    def add(self, days, units):
        self.piles.append((days, units))
        self.piles.sort()

    def unused(self, days, horizon, more):
        """The chance that the last of the units good for ``days`` is not used within
        ``horizon`` days, or makes a later one expire; with ``more`` units of them."""
        before = more + sum(units for good, units in self.piles if good <= days)
        chance = self.use.unused(before, horizon)
        for good, units in self.piles:
            if days < good < math.inf:
                before += units
                chance = max(chance, self.use.unused(before, good))
        return chance


class _Way:
    """A lot on the shelf of its giver, and what moving units of it is worth."""

    def __init__(self, lot, giver, policy):
        self.lot, self.giver, self.policy = lot, giver, policy
        self.horizon = min(lot.days, policy.cover)
        # Excess may not become another's excess, whatever expires there first.
        self.rank = math.inf
        if lot.days <= policy.cover:
            self.rank = lot.days - policy.handling

    def used_here(self, units):
        """The chance that the ``units``-th from the end is used where it lies."""
        return 1 - self.giver.unused(self.lot.days, self.horizon, 1 - units)

    def used_there(self, shelf, units):
        """The chance that the last of ``units`` is used on another shelf."""
        days = self.horizon - self.policy.handling
        return 1 - shelf.unused(self.rank, days, units)

    def best(self, receivers, left):
        """Where most units are worth the way, and how many of ``left``; or None."""
        if self.used_here(1) > 1 - self.policy.gain:
            return None
        most = None, 0
        for place, shelf in receivers.items():
            if shelf is self.giver or shelf.use.daily <= 0:
                continue

            def worth(units, shelf=shelf):
                more = self.used_there(shelf, units) - self.used_here(units)
                return more >= self.policy.gain

            quantity = _most(worth, math.floor(left + TINY))
            if quantity > most[1]:
                most = place, quantity
        return most if most[1] else None


def _most(worth, most):
    """The largest whole number up to ``most`` of which the last unit is ``worth`` it;
    the more there are, the less the last is."""
    if most < 1 or not worth(1):
        return 0
    least = 1
    if worth(most):
        return most
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if worth(middle) else (least, middle)
    return least

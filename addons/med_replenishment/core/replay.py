"""Play days of demand against reorder levels, for many items and many rules at once.

A day: deliveries arrive, demand takes what expires first, what is missing is lost to
emergency supply; at the end of a week what has expired is scrapped; on an item's review
day its position (on hand and on order) is compared with the reorder point and ordered
up to the level in whole packs. Every rule meets the same demand, lead times and lives.
"""

from dataclasses import dataclass, fields

import numpy as np

from .outdating import expiring_unused
from .panel import ENDLESS

WEEK = 7


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """What chance brings, (items, days): the same for every rule.

    ``demand`` in units; ``lead`` days of an order of that day; ``life`` days that are
    left when it arrives, ENDLESS for ever. ``offset`` (items,) shifts the review day.
    """

    demand: np.ndarray
    lead: np.ndarray
    life: np.ndarray
    offset: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """How items are ordered, (items,): pack and least order in units, days of review
    and of the usual lead time."""

    pack: np.ndarray
    least: np.ndarray
    review: np.ndarray
    lead: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Totals over the days played, of each shelf.

    ``lines`` and ``served`` (in full) are counts; ``asked``, ``short``, ``expired``,
    ``ordered`` and ``moved`` units; ``stock`` unit-days; ``empty`` days; ``orders``
    order lines.
    """

    lines: np.ndarray
    served: np.ndarray
    asked: np.ndarray
    short: np.ndarray
    stock: np.ndarray
    empty: np.ndarray
    expired: np.ndarray
    orders: np.ndarray
    ordered: np.ndarray
    moved: np.ndarray

    def __add__(self, other):
        return Outcome(
            *(getattr(self, f.name) + getattr(other, f.name) for f in fields(self))
        )


class Shelves:
    """The stock of ``rules`` rules for each item: shelves are (rules * items,).

    >>> steady = Draws(np.ones((1, 28)), np.ones((1, 28), int),
    ...                np.full((1, 28), 1e6), np.zeros(1, int))
    >>> shelves = Shelves(steady, Terms(*np.array([[1.0], [0.0], [7.0], [1.0]])))
    >>> outcome = shelves.run(0, 28, np.full((1, 28), 9.0), np.full((1, 28), 10.0))
    >>> int(outcome.served[0]), int(outcome.lines[0])
    (28, 28)
    """

    def __init__(self, draws: Draws, terms: Terms, rules: int = 1):
        items, days = draws.demand.shape
        self.draws, self.terms, self.rules = draws, terms, rules
        self.perishes = bool((draws.life < ENDLESS).any())
        weeks = days // WEEK + 2 if self.perishes else 1
        self.on_hand = np.zeros((rules * items, weeks), np.float32)
        room = days + int(draws.lead.max(initial=1)) + 1
        self.due = np.zeros((rules * items, room), np.float32)
        self.due_life = np.zeros((rules * items, room), np.float32)
        self.on_way = np.zeros(rules * items, np.float32)
        self.row = np.arange(rules * items)
        self.pack, self.least, self.review, self.lead = (
            np.tile(column, rules)
            for column in (terms.pack, terms.least, terms.review, terms.lead)
        )
        self.offset = np.tile(draws.offset, rules)
        self.filled = False

    def run(self, start, stop, low, top, daily=None, move=None) -> Outcome:
        """Play the days from ``start`` to ``stop``; the first call fills the shelves.

        ``low`` and ``top`` (shelves, stop - start) are the levels of each day. With
        ``daily`` (the same shape), units a day, stock that will expire unused before
        the next delivery is not counted. ``move`` may transfer stock at week's end:
        it is called with the stock by week of expiry and returns the units moved.
        """
        if not self.filled:
            self._fill(start, top[:, 0])
        total = np.zeros((len(fields(Outcome)), len(self.row)))
        for day in range(start, stop):
            at = day - start
            self._receive(day)
            demand = np.tile(self.draws.demand[:, day], self.rules)
            missing = self._serve(demand, day)
            expired, moved = self._end_of_week(day, move)
            stock = self.on_hand.sum(1)
            use = None if daily is None else daily[:, at]
            order = self._order(day, low[:, at], top[:, at], use, stock)
            line = demand > 0
            for row, figure in zip(
                total,
                (
                    line,
                    line & (missing <= 1e-3),
                    demand,
                    missing,
                    stock,
                    stock <= 1e-3,
                    expired,
                    order > 0,
                    order,
                    moved,
                ),
                strict=True,
            ):
                row += figure
        return Outcome(*total)

    def _fill(self, day, top):
        life = np.tile(self.draws.life[:, day], self.rules)
        self.on_hand[self.row, self._week_of(day + life)] = np.maximum(top, 0)
        self.filled = True

    def _week_of(self, day):
        last = self.on_hand.shape[1] - 1
        return (
            np.minimum(day // WEEK, last).astype(int)
            if last
            else np.zeros(len(day), int)
        )

    def _receive(self, day):
        arrived = self.due[:, day]
        if arrived.any():
            self.on_hand[self.row, self._week_of(day + self.due_life[:, day])] += (
                arrived
            )
            self.on_way -= arrived

    def _live(self, day):
        """The columns that can hold stock: from this week on."""
        return slice(day // WEEK, None) if self.perishes else slice(None)

    def _serve(self, demand, day):
        """First expired, first out; returns what is missing."""
        stock = self.on_hand[:, self._live(day)]
        before = np.cumsum(stock, axis=1)
        used = np.minimum(demand, before[:, -1])
        before -= stock
        stock -= np.clip(used[:, None] - before, 0, stock)
        return demand - used

    def _end_of_week(self, day, move):
        nothing = np.zeros(len(self.row))
        if day % WEEK != WEEK - 1 or not self.perishes:
            return nothing, nothing
        this = day // WEEK
        expired = self.on_hand[:, : this + 1].sum(1)
        self.on_hand[:, : this + 1] = 0
        moved = nothing if move is None else move(self.on_hand[:, this + 1 :], day)
        return expired, moved

    def _order(self, day, low, top, use, stock):
        looked = (day - self.offset) % self.review == 0
        if not looked.any():
            return np.zeros(len(self.row))
        position = stock + self.on_way
        if use is not None and self.perishes:
            left = WEEK - 1 - day % WEEK
            position = position - expiring_unused(
                self.on_hand[:, self._live(day)], use, left, self.lead + self.review
            )
        need = top - position
        wanted = looked & (position < low) & (need > 1e-3)
        quantity = np.ceil(np.maximum(need, self.least) / self.pack - 1e-6) * self.pack
        quantity = np.where(wanted, quantity, 0)
        ordered = np.flatnonzero(wanted)
        item = ordered % len(self.draws.demand)
        arrival = day + self.draws.lead[item, day]
        self.due[ordered, arrival] += quantity[ordered]
        self.due_life[ordered, arrival] = self.draws.life[item, day]
        self.on_way += quantity
        return quantity

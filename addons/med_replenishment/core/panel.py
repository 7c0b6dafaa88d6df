"""What is known of every item before a plan is made: the columns of a panel.

An item is one product at one place. All arrays have the items first, in one order; days
run from the oldest to the last whole day (yesterday). Quantities are in the product's
unit, money in the company's currency, times in days.
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from .error_table import gamma_quantile

#: No shelf life, no limit of storage.
ENDLESS = 1e6
NO_ITEM = -1


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """What was asked of each item, day by day.

    ``quantity`` (items, days) is net use, unserved requests included. ``unseen`` marks
    days whose figure says nothing: before the item came, out of stock without a use,
    or put aside as a project. ``category`` (items,) numbers the pool from which a new
    item learns. ``predecessor`` (items,) is the row of the item that this one replaces,
    or -1. ``known`` (items, days), where given, is the part of the past that had been
    announced (theatre list, requisitions): it is taken out, since what is announced is
    planned by itself.
    """

    quantity: np.ndarray
    unseen: np.ndarray
    category: np.ndarray
    predecessor: np.ndarray
    known: np.ndarray | None = None

    @classmethod
    def of(cls, quantity, unseen=None, category=None, predecessor=None, known=None):
        """Fill in what is not said: an item is unseen before its first use."""
        items = len(quantity)
        if unseen is None:
            used = np.asarray(quantity) > 0
            first = np.where(used.any(1), used.argmax(1), used.shape[1])
            unseen = np.arange(used.shape[1]) < first[:, None]
        return cls(
            quantity=quantity,
            unseen=unseen,
            category=_column(category, 0, items, int),
            predecessor=_column(predecessor, NO_ITEM, items, int),
            known=known,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Supply:
    """How each item comes, (items,).

    ``lead_mean`` and ``lead_deviation`` from the order to the shelf, ``review_days``
    between two looks at the stock, ``pack`` the multiple in which is ordered, ``least``
    the smallest order. ``lead_samples`` (items, any number), where given, are measured
    lead times, whose shape is used instead of a gamma distribution.
    """

    lead_mean: np.ndarray
    lead_deviation: np.ndarray
    review_days: np.ndarray
    pack: np.ndarray
    least: np.ndarray
    lead_samples: np.ndarray | None = None

    @property
    def protection_days(self):
        """Whole days that a decision must cover, (items,): lead time and review."""
        return np.maximum(np.round(self.lead_mean + self.review_days), 1).astype(int)

    @property
    def lead_days(self):
        """The lead time in whole days, (items,), one at least."""
        return np.maximum(np.round(self.lead_mean), 1).astype(int)

    def lead_of_case(self, number: int) -> np.ndarray:
        """A lead time in whole days for case ``number``, (items,), one day at least.

        One of those measured or, without, a quantile of a gamma distribution: a walk
        over the quantiles that is even, and the same every night.
        """
        items = len(self.lead_mean)
        if self.lead_samples is not None:
            column = (number * 7 + np.arange(items)) % self.lead_samples.shape[1]
            lead = self.lead_samples[np.arange(items), column]
        else:
            share = (0.5 + number * 0.6180339887 + np.arange(items) * 0.7548776662) % 1
            lead = gamma_quantile(self.lead_mean, self.lead_deviation, share)
        return np.maximum(np.round(lead), 1).astype(int)

    @classmethod
    def of(cls, lead_mean, lead_deviation=0.0, review_days=7.0, pack=1.0, least=0.0):
        """From (items,) columns; a single number counts for all items."""
        items = len(lead_mean)
        columns = (lead_deviation, review_days, pack, least)
        return cls(
            np.asarray(lead_mean, float),
            *(_column(column, None, items, float) for column in columns),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """What each item costs, and what it must be able to do, (items,).

    ``vital`` items have a target of their own. ``weight`` says how much a missed line
    of this item counts against another (by its service level). ``shelf_days`` are
    left when a delivery arrives, on average. ``minimum`` units are always held;
    ``storage`` units fit on the shelf. ``least_fill`` is the share of lines that is
    served of each item whatever it costs; 0 for none. ``holding_rate`` is a share of
    the value a year, ``order_line`` the cost of one order line, of all or (items,).
    """

    unit_cost: np.ndarray
    vital: np.ndarray
    weight: np.ndarray
    shelf_days: np.ndarray
    minimum: np.ndarray
    storage: np.ndarray
    least_fill: np.ndarray
    holding_rate: float = 0.20
    order_line: np.ndarray | float = 1.0

    @classmethod
    def of(
        cls,
        unit_cost,
        vital=False,
        weight=1.0,
        shelf_days=ENDLESS,
        minimum=0.0,
        storage=ENDLESS * 1e3,
        least_fill=0.0,
        **prices,
    ):
        """From (items,) columns; a single number counts for all items."""
        items = len(unit_cost)
        columns = (weight, shelf_days, minimum, storage, least_fill)
        return cls(
            np.maximum(np.asarray(unit_cost, float), 1e-6),
            _column(vital, None, items, bool),
            *(_column(column, None, items, float) for column in columns),
            **prices,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """What is known of the time to come.

    ``known`` (items, days) is announced demand from tomorrow on. ``factor`` (items,)
    multiplies what is forecast: an epidemic, a campaign, beds opened or closed.
    """

    known: np.ndarray
    factor: np.ndarray

    @classmethod
    def of(cls, items, known=None, factor=1.0):
        """Of so many items; without ``known`` nothing is announced."""
        known = np.zeros((items, 1)) if known is None else known
        return cls(known, _column(factor, None, items, float))

    def units_within(self, days: np.ndarray) -> np.ndarray:
        """Announced units of the next ``days`` (items,) days."""
        total = np.cumsum(np.pad(self.known, ((0, 0), (1, 0))), axis=1)
        return total[np.arange(len(total)), np.minimum(days, total.shape[1] - 1)]


def rows(columns, chosen):
    """The same columns for the items ``chosen`` (indices or a mask) only.

    >>> supply = Supply.of([3.0, 5.0])
    >>> rows(supply, np.array([1])).lead_mean
    array([5.])
    """
    taken = {
        field.name: value[chosen]
        for field in fields(columns)
        if isinstance(value := getattr(columns, field.name), np.ndarray)
    }
    if "predecessor" in taken:
        taken["predecessor"] = _renumbered(taken["predecessor"], columns, chosen)
    return replace(columns, **taken)


def _renumbered(predecessor, demand, chosen):
    """Rows of predecessors after a choice of items; -1 if not chosen themselves."""
    new = np.full(len(demand.quantity) + 1, NO_ITEM)
    kept = np.arange(len(demand.quantity))[chosen]
    new[kept] = np.arange(len(kept))
    return new[predecessor]


def _column(values, default, items, dtype):
    values = default if values is None else values
    return np.broadcast_to(np.asarray(values, dtype), (items,)).copy()

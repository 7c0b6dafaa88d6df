"""One night's plan: from what was asked to what should be held.

    pool = learn(demand, supply, rules)                  the warehouse, once a night
    pool = tune(demand, supply, rules, pool, target)     price of a miss, once a week
    plan = propose(demand, supply, rules, pool)          any of its items, any time

``propose`` works in chunks, so that memory does not grow with the number of items
beyond the demand itself. Nothing here looks beyond the last day that it is given.
"""

from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np

from .champion import back_test
from .demand_quantiles import SHARES, interval_quantiles
from .exposure import GROWN_UP, LEAST_DAILY, METHODS, exposure_at
from .panel import Demand, Outlook, Rules, Supply, rows
from .picture import observe
from .pool import Pool, learn
from .reorder_search import candidates, choose, keep_within, may_miss

__all__ = ["METHODS", "SHARES", "Plan", "Reason", "learn", "propose"]

#: Items that are computed together.
CHUNK = 2500
#: Weeks of states that a plan and its back-test look at, and how many are skipped.
KEPT_WEEKS, EVERY = 60, 2


class Reason(IntEnum):
    """Why a forecast is not simply the item's own."""

    OWN = 0
    NO_HISTORY = 1  # nothing was ever used: the category's usual use
    NEW = 2  # under half a year: drawn to the category
    INHERITED = 3  # begins with the history of its predecessor
    ENDED = 4  # silent for long: only the minimum is held
    UNSEEN = 5  # out of stock most of the last quarter


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What to hold and how it came about; (items,) unless said otherwise.

    ``reorder_point``, ``order_up_to``, ``safety_stock`` in units, with what must always
    be held; ``daily`` units a day
    and ``deviation`` of the weekly error; ``interval_days`` of lead time and review,
    with ``interval_mean`` and ``interval_deviation`` of demand in them and its
    ``quantiles`` (items, len(SHARES)). ``method`` is an index of METHODS, ``reason`` a
    Reason. ``wape``, ``bias`` and ``coverage`` (of the 95 % quantile) are shares over
    ``origins`` past intervals, NaN where there was nothing to compare. ``fill`` is the
    share of lines expected to be served in full, ``orders`` order lines, ``expired``
    units and ``cost`` money a year, ``stock`` units held on average.
    """

    reorder_point: np.ndarray
    order_up_to: np.ndarray
    safety_stock: np.ndarray
    daily: np.ndarray
    deviation: np.ndarray
    interval_days: np.ndarray
    interval_mean: np.ndarray
    interval_deviation: np.ndarray
    quantiles: np.ndarray
    method: np.ndarray
    reason: np.ndarray
    weeks: np.ndarray
    wape: np.ndarray
    bias: np.ndarray
    coverage: np.ndarray
    origins: np.ndarray
    fill: np.ndarray
    orders: np.ndarray
    expired: np.ndarray
    stock: np.ndarray
    cost: np.ndarray


def propose(
    demand: Demand,
    supply: Supply,
    rules: Rules,
    pool: Pool,
    outlook: Outlook | None = None,
) -> Plan:
    """Plan every item of ``demand`` with what ``pool`` has learned."""
    items = len(demand.quantity)
    outlook = outlook or Outlook.of(items)
    parts = []
    for start in range(0, items, CHUNK):
        chosen = slice(start, start + CHUNK)
        parts.append(
            _propose_chunk(
                _with_predecessors(demand, chosen),
                rows(supply, chosen),
                rows(rules, chosen),
                pool,
                rows(outlook, chosen),
            )
        )
    return Plan(
        *(
            np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(Plan)
        )
    )


def default_price(rules: Rules, exposure) -> np.ndarray:
    """A missed line's price until it is tuned: 3 and 10 times a usual line's value."""
    value = np.median(rules.unit_cost * exposure.line_size)
    return value * np.array([3.0, 10.0])


def prices(rules: Rules, pool: Pool, exposure) -> np.ndarray:
    """What a missed line of each item costs, (items,), in currency.

    A vital item has a price of its own, in which its weight is already.
    """
    price = np.where(
        np.isfinite(pool.price), pool.price, default_price(rules, exposure)
    )
    return price[rules.vital.astype(int)] * np.where(rules.vital, 1.0, rules.weight)


def _propose_chunk(demand, supply, rules, pool, outlook):
    picture = observe(
        demand, pool.weekday, first=-KEPT_WEEKS, every=EVERY, season=pool.season
    )
    week = picture.weeks
    ended = picture.ended(week)
    tested = back_test(
        picture, pool.laws, supply, demand.category, pool.errors, pool.method_error
    )
    exposure = exposure_at(
        picture,
        pool.laws,
        supply,
        demand.category,
        week,
        factor=np.where(ended, 1e-6, outlook.factor),
        method=tested.method,
    )
    worst = picture.worst_interval(week, supply.protection_days, rules.vital)
    found = candidates(
        exposure, supply, rules, pool.errors, worst=worst * outlook.factor
    )
    chosen = choose(found, prices(rules, pool, exposure), may_miss(exposure, rules))
    announced = outlook.units_within(supply.protection_days)
    low, top = keep_within(
        np.where(ended, 0, chosen.reorder_point) + announced,
        np.where(ended, 0, chosen.order_up_to) + announced,
        supply,
        rules,
    )
    return Plan(
        reorder_point=low,
        order_up_to=top,
        safety_stock=np.maximum(low - exposure.lead_units - announced, 0),
        reason=_reasons(picture, week, ended),
        weeks=picture.track.seen[:, -1].astype(int),
        wape=tested.wape,
        bias=tested.bias,
        coverage=tested.coverage,
        origins=tested.origins,
        method=tested.method,
        deviation=np.sqrt(picture.track.variance[:, -1]),
        **_use_ahead(exposure, supply, pool, announced),
        **_brought(exposure, found, chosen, rules, pool),
    )


def _use_ahead(exposure, supply, pool, announced):
    """Of a plan: what is expected to be used, in a day and until the next order."""
    return {
        "daily": np.where(exposure.daily > LEAST_DAILY, exposure.daily, 0),
        "interval_days": supply.protection_days,
        "interval_mean": exposure.mean + announced,
        "interval_deviation": exposure.deviation,
        "quantiles": interval_quantiles(exposure, pool.errors) + announced[:, None],
    }


def _brought(exposure, found, chosen, rules, pool):
    """Of a plan: what a year with the chosen levels brings."""
    lines = np.maximum(exposure.line_rate * 365, 1e-9)
    missed = chosen.missed * pool.truth[rules.vital.astype(int)]
    row = np.arange(len(chosen.place))
    return {
        "fill": 1 - np.minimum(missed / lines, 1),
        "orders": chosen.orders,
        "expired": chosen.expired,
        "stock": chosen.stock + rules.minimum,
        "cost": found.running.reshape(len(row), -1)[row, chosen.place],
    }


def _reasons(picture, week, ended):
    seen = picture.track.seen[:, -1]
    end = picture.day_of(week)
    quarter = picture.seen_before[:, end] - picture.seen_before[:, max(0, end - 91)]
    reason = np.full(len(seen), Reason.OWN)
    reason[quarter < 46] = Reason.UNSEEN
    reason[seen < GROWN_UP] = Reason.NEW
    reason[picture.inherited] = Reason.INHERITED
    reason[seen == 0] = Reason.NO_HISTORY
    reason[ended] = Reason.ENDED
    return reason


def _with_predecessors(demand, chosen):
    """The chunk; predecessors outside it lend their history beforehand."""
    part = rows(demand, chosen)
    wanted = demand.predecessor[chosen]
    lost = (wanted >= 0) & (part.predecessor < 0)
    if not lost.any():
        return part
    quantity, unseen = part.quantity.copy(), part.unseen.copy()
    for row in np.flatnonzero(lost):
        before = np.cumsum(~part.unseen[row]) == 0
        quantity[row, before] = demand.quantity[wanted[row], before]
        unseen[row, before] = demand.unseen[wanted[row], before]
    # Its history is its own now; that it is inherited is still to be said.
    predecessor = np.where(lost, np.arange(len(lost)), part.predecessor)
    return Demand(quantity, unseen, part.category, predecessor, part.known)

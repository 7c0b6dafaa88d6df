"""Reorder point s and order-up-to S of each item, searched together for the least cost.

At each review the position (on hand and on order) is compared with s and ordered up to
S in whole packs. What a pair brings, see ``position.py``; what expires of it, see
``outdating.py``.

    cost a year = holding * stock + order lines * price + missed lines * price
                  + what expires

Sources: Silver, Pyke & Thomas, Inventory and Production Management in Supply Chains,
4th ed. (2017), ch. 6; Sherbrooke, Optimal Inventory Modeling (2004), for weighing items
against each other at one price of a missed line.
"""

from dataclasses import dataclass

import numpy as np

from .error_table import ErrorTable
from .long_run import variance_over
from .outdating import demand_over_life, expected_outdating, perishable
from .panel import Rules, Supply
from .position import by_position

YEAR = 365.0
#: S - s, in days of use.
DEPTHS = np.array([0.5, 3, 6, 10, 15, 22, 32, 46, 66, 95, 135])
#: A reorder point is not below this many units, or half a line: what is nothing is
#: never fallen below.
LEAST_POINT = 0.5
#: Days of use that a life can be worth at most; beyond, nothing expires.
LONGEST_LIFE = 3000.0
#: What a line costs when more are missed than allowed: beyond any price.
NEVER = 1e12
#: Nothing is held for longer than this beyond the protection interval, whatever a
#: missed line costs; single large lines, and what was needed before, excepted.
COVER_DAYS = 180.0
#: Years in which the worst interval of a rare vital item is looked for.
WORST_YEARS = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """What each item must stand, (items,), in units.

    ``mean`` and ``deviation`` of demand over lead time and review; ``lead_units`` and
    ``lead_deviation`` over the lead time; ``daily`` use; ``drift`` (items,
    long_run.HORIZONS) how far months stray from the level; ``line_size`` units of one
    line, ``line_spread`` its squared variation, ``line_rate`` lines a day; ``pool`` of
    its errors.
    """

    mean: np.ndarray
    deviation: np.ndarray
    lead_units: np.ndarray
    lead_deviation: np.ndarray
    daily: np.ndarray
    drift: np.ndarray
    line_size: np.ndarray
    line_spread: np.ndarray
    line_rate: np.ndarray
    pool: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Pairs (s, S) and what a year with them costs, (items, points, depths).

    ``low`` (items, points) is s and ``top`` S, in units; ``running`` is money for
    holding, ordering and outdating; ``missed``, ``orders`` and ``expired`` are
    lines, order lines and units a year; ``stock`` units on average.
    """

    low: np.ndarray
    top: np.ndarray
    running: np.ndarray
    missed: np.ndarray
    orders: np.ndarray
    expired: np.ndarray
    stock: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """The chosen levels and what to expect of them in a year, (items,)."""

    reorder_point: np.ndarray
    order_up_to: np.ndarray
    missed: np.ndarray
    orders: np.ndarray
    expired: np.ndarray
    stock: np.ndarray
    place: np.ndarray


def candidates(
    exposure: Exposure,
    supply: Supply,
    rules: Rules,
    errors: ErrorTable,
    order_line=None,
    expiry: float = 1.0,
    worst=None,
) -> Candidates:
    """Cost of every candidate; ``order_line`` overrides the price of an order line, and
    ``expiry`` is the share of its cost that what expires is weighed with.

    ``worst`` (items,) is the most that an interval took in ``WORST_YEARS`` years; 0
    where the distribution is trusted alone. What lies beyond a reorder point of it
    would have been missed once in that time, so at least as much is expected again: on
    few lines, no distribution can be trusted so far out.
    """
    if worst is None:
        worst = np.zeros_like(exposure.mean)
    low, top = _grid(exposure, supply, rules, errors, worst)
    low = low[:, :, None]
    span = _span(low, top, supply)
    missed, orders, stock = by_position(exposure, supply, errors, low, span)
    if worst.any():
        short = np.maximum(worst[:, None] - low[:, :, 0], 0)
        seen = short / (WORST_YEARS * exposure.line_size[:, None])
        missed = np.maximum(missed, seen[:, :, None].astype(missed.dtype))
    expired = np.zeros_like(missed)
    if expiry:
        expired = _expired(exposure, supply, rules, top, orders) * orders
    price = rules.order_line if order_line is None else order_line
    price = np.asarray(price, low.dtype).reshape(-1, 1, 1)
    cost = rules.unit_cost[:, None, None]
    running = rules.holding_rate * cost * stock + price * orders
    running += expiry * cost * expired
    return Candidates(low[:, :, 0], top, running, missed, orders, expired, stock)


def choose(found: Candidates, price, allowed=None) -> Levels:
    """The cheapest candidate of each item when a missed line costs ``price``.

    None that misses more than ``allowed`` (items,) lines a year, if there is another.
    """
    price = np.broadcast_to(np.asarray(price, found.missed.dtype), len(found.top))
    cost = found.running + price[:, None, None] * found.missed
    if allowed is not None:
        beyond = found.missed - allowed.astype(cost.dtype)[:, None, None]
        cost = np.where(beyond > 0, cost + NEVER * beyond, cost)
    items, _points, depths = cost.shape
    place = cost.reshape(items, -1).argmin(1)
    row = np.arange(items)
    at, below = np.divmod(place, depths)
    figures = (found.missed, found.orders, found.expired, found.stock)
    return Levels(
        found.low[row, at],
        found.top[row, at, below],
        *(figure[row, at, below] for figure in figures),
        place,
    )


def may_miss(exposure: Exposure, rules: Rules):
    """Lines a year that each item may miss, (items,); None where nothing is said."""
    if not rules.least_fill.any():
        return None
    most = (1 - rules.least_fill) * exposure.line_rate * YEAR
    return np.where(rules.least_fill > 0, most, np.inf)


def keep_within(levels_low, levels_top, supply: Supply, rules: Rules):
    """Reorder point and order-up-to in whole units, in the limits of the place.

    What must always be held lies beneath both: what is used until an order comes is
    taken from above it. What fits is the most to order up to.
    """
    held = np.ceil(rules.minimum)
    low = np.maximum(np.ceil(levels_low - 1e-6), 0) + held
    top = np.maximum(np.ceil(levels_top - 1e-6) + held, low)
    limit = np.floor(rules.storage)
    top = np.minimum(top, np.maximum(limit, 0))
    return np.minimum(low, top), top


def _grid(exposure, supply, rules, errors, worst):
    """Reorder points (items, points) and, of each, the levels to order up to."""
    tail = errors.tail[exposure.pool]
    low = exposure.mean[:, None] + tail * exposure.deviation[:, None]
    low[:, -1] = np.maximum(low[:, -1], worst)
    most = np.maximum(
        exposure.mean + COVER_DAYS * exposure.daily,
        np.maximum(2 * exposure.line_size, supply.pack),
    )
    most = np.maximum(most, worst)
    # What must always be held takes room, and is no part of the levels above it.
    room = np.maximum(rules.storage - rules.minimum, 1)
    most = np.minimum(most, room)[:, None]
    least = np.minimum(LEAST_POINT, exposure.line_size / 2)
    low = np.clip(low, least[:, None], most)
    depth = exposure.daily[:, None] * DEPTHS
    top = np.minimum(low[:, :, None] + depth[:, None, :], most[:, :, None])
    dtype = exposure.mean.dtype
    return low.astype(dtype), top.astype(dtype)


def _span(low, top, supply):
    """How far the position moves between orders: no less than one order."""
    least = np.maximum(supply.pack, supply.least)
    least, half_pack = (
        x.astype(low.dtype)[:, None, None] for x in (least, supply.pack / 2)
    )
    return np.maximum(top - low + half_pack, least)


def _expired(exposure, supply, rules, top, orders):
    """Units of each order that expire, (items, points, depths)."""
    life = np.minimum(rules.shelf_days, LONGEST_LIFE)
    mean, variance = demand_over_life(
        exposure.daily * life,
        variance_over(
            life, exposure.deviation**2, supply.protection_days, exposure.drift
        ),
    )
    out = np.zeros_like(top)
    risky = perishable(rules.shelf_days)
    held = rules.minimum.astype(top.dtype)  # it grows old with the rest
    risky &= mean < top[:, -1, -1] + held + supply.pack + 4 * np.sqrt(variance)
    if not risky.any():
        return out
    level = top + (held + supply.pack / 2 - exposure.lead_units)[:, None, None]
    order = YEAR * exposure.daily[:, None, None] / orders
    out[risky] = expected_outdating(
        np.maximum(level[risky], 0),
        order[risky],
        mean[risky].astype(top.dtype)[:, None, None],
        variance[risky].astype(top.dtype)[:, None, None],
    )
    return out

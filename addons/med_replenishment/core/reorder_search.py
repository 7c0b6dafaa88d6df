"""Reorder point s and order-up-to S of each item, searched together for the least cost.

At each review the position (on hand and on order) is compared with s and ordered up to
S in whole packs. It is then spread evenly over y in [s, S + half a pack], and what can
be missed before the next decision takes effect is what the next review period adds:

    missed a period = mean over y of  G(y; L + R) - G(y; L)

with G(y; t) = E[(demand over t - y)+] by the table of past errors. A loss per cycle
instead, as textbooks have it, needs a fifth to a third more stock for the same fill.

    cost a year = holding * stock + order lines * price + missed lines * price
                  + what expires

Sources: Silver, Pyke & Thomas, Inventory and Production Management in Supply Chains,
4th ed. (2017), ch. 6; Sherbrooke, Optimal Inventory Modeling (2004), for weighing items
against each other at one price of a missed line.
"""

from dataclasses import dataclass, replace

import numpy as np

from .error_table import ErrorTable
from .outdating import demand_over_life, expected_outdating, perishable
from .panel import Rules, Supply

YEAR = 365.0
#: Items whose losses are worked out together.
BLOCK = 128
#: S - s, in days of use.
DEPTHS = np.array([0.5, 3, 6, 10, 15, 22, 32, 46, 66])
#: Places between s and S at which losses are taken.
PLACES = (np.arange(4) + 0.5) / 4
#: Nothing is held for longer than this beyond the protection interval, whatever a
#: missed line costs; single large lines excepted.
COVER_DAYS = 180.0


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """What each item must stand, (items,), in units.

    ``mean`` and ``deviation`` of demand over lead time and review; ``lead_units`` and
    ``lead_deviation`` over the lead time; ``daily`` use; ``gain`` of its level;
    ``line_size`` units of one line, ``line_rate`` lines a day; ``pool`` of its errors.
    """

    mean: np.ndarray
    deviation: np.ndarray
    lead_units: np.ndarray
    lead_deviation: np.ndarray
    daily: np.ndarray
    gain: np.ndarray
    line_size: np.ndarray
    line_rate: np.ndarray
    pool: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Pairs (S, S - s) and what a year with them costs, (items, tops, depths).

    ``top`` (items, tops) and ``depth`` (items, depths) in units; ``running`` is money
    for holding, ordering and outdating; ``missed``, ``orders`` and ``expired`` are
    lines, order lines and units a year; ``stock`` units on average.
    """

    top: np.ndarray
    depth: np.ndarray
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
    expiry: bool = True,
) -> Candidates:
    """Cost of every candidate; ``order_line`` overrides the price of an order line."""
    top, depth = _grid(exposure, supply, rules, errors)
    span = _span(depth, supply)
    missing, lost, held = _shortage(exposure, errors, top, depth, span)
    review = supply.review_days[:, None, None]
    short = missing * (YEAR / review)
    on_way = exposure.lead_units + exposure.daily * supply.review_days / 2
    stock = np.maximum(held - on_way[:, None, None] + lost, 0)
    orders = _orders_a_year(exposure, supply, span)[:, None, :]
    expired = np.zeros_like(short)
    if expiry:
        expired = _expired(exposure, supply, rules, top, span) * orders
    price = rules.order_line if order_line is None else order_line
    cost = rules.unit_cost[:, None, None]
    running = rules.holding_rate * cost * stock + price * orders + cost * expired
    return Candidates(
        top,
        depth,
        running,
        short / exposure.line_size[:, None, None],
        np.broadcast_to(orders, short.shape),
        expired,
        stock,
    )


def choose(found: Candidates, price) -> Levels:
    """The cheapest candidate of each item when a missed line costs ``price``."""
    price = np.broadcast_to(np.asarray(price, found.missed.dtype), len(found.top))
    cost = found.running + price[:, None, None] * found.missed
    items, tops, depths = cost.shape
    place = cost.reshape(items, -1).argmin(1)
    row = np.arange(items)
    at, below = np.divmod(place, depths)
    top = found.top[row, at]
    figures = (found.missed, found.orders, found.expired, found.stock)
    return Levels(
        top - found.depth[row, below],
        top,
        *(figure[row, at, below] for figure in figures),
        place,
    )


def at_least(levels: Levels, units: np.ndarray) -> Levels:
    """The levels, as deep, with a reorder point of at least ``units`` (items,).

    A vital item that is rarely used covers what the worst interval of two years took:
    on few lines, no distribution can be trusted so far out.
    """
    more = np.maximum(units - levels.reorder_point, 0)
    return replace(
        levels,
        reorder_point=levels.reorder_point + more,
        order_up_to=levels.order_up_to + more,
        stock=levels.stock + more,
    )


def keep_within(levels_low, levels_top, supply: Supply, rules: Rules):
    """Reorder point and order-up-to in whole units, in the limits of the place.

    What must always be held is the least reorder point; what fits is the most to order
    up to. Both are whole units, and at least one can be ordered.
    """
    low = np.maximum(np.ceil(levels_low - 1e-6), np.ceil(rules.minimum))
    low = np.maximum(low, 0)
    top = np.maximum(np.ceil(levels_top - 1e-6), low)
    limit = np.floor(rules.storage)
    top = np.minimum(top, np.maximum(limit, 0))
    return np.minimum(low, top), top


def _grid(exposure, supply, rules, errors):
    tail = errors.tail[exposure.pool]
    top = exposure.mean[:, None] + tail * exposure.deviation[:, None]
    most = np.maximum(
        exposure.mean + COVER_DAYS * exposure.daily,
        np.maximum(2 * exposure.line_size, supply.pack),
    )
    most = np.minimum(most, np.maximum(rules.storage, 1))
    least = np.minimum(np.maximum(supply.pack / 2, rules.minimum), most)
    top = np.clip(top, least[:, None], most[:, None])
    depth = np.maximum(
        exposure.daily[:, None] * DEPTHS,
        0.3 * np.minimum(supply.pack, top[:, 0])[:, None],
    )
    dtype = exposure.mean.dtype
    return top.astype(dtype), depth.astype(dtype)


def _span(depth, supply):
    """How far the position moves between orders: no less than one order."""
    least = np.maximum(supply.pack, supply.least)[:, None]
    half_pack = np.where(supply.pack > 1, supply.pack / 2, 0)[:, None]
    return np.maximum(depth + half_pack, least).astype(depth.dtype)


def _shortage(exposure, errors, top, depth, span):
    """Missing units a review, half of both losses, and the position: each the mean over
    the places between s and S, (items, tops, depths). In blocks that fit the cache."""
    shape = len(top), top.shape[1], depth.shape[1]
    missing, lost, held = (np.zeros(shape, top.dtype) for _ in range(3))
    for start in range(0, len(top), BLOCK):
        block = slice(start, start + BLOCK)
        low = top[block, :, None] - depth[block, None, :]
        for place in PLACES:
            position = np.maximum(low + span[block, None, :] * top.dtype.type(place), 0)
            protected = _loss(
                position, exposure.mean, exposure.deviation, exposure, errors, block
            )
            leading = _loss(
                position,
                exposure.lead_units,
                exposure.lead_deviation,
                exposure,
                errors,
                block,
            )
            held[block] += position
            lost[block] += protected
            lost[block] += leading
            protected -= leading
            missing[block] += np.maximum(protected, 0, out=protected)
    places = len(PLACES)
    return missing / places, lost / (2 * places), held / places


def _loss(position, mean, deviation, exposure, errors, block):
    mean, deviation = (x[block].reshape(-1, 1, 1) for x in (mean, deviation))
    scaled = position - mean
    scaled /= deviation
    loss = errors.expected_loss(exposure.pool[block], scaled)
    loss *= deviation
    return loss


def _orders_a_year(exposure, supply, span):
    """One order at most a review with demand; otherwise use over what one brings."""
    review = supply.review_days
    used = np.clip(1 - (1 - exposure.line_rate) ** review, 1e-3, 1)
    undershoot = (exposure.daily * review + exposure.line_size) / 2
    between = (span + undershoot[:, None]) / exposure.daily[:, None]
    return YEAR / np.maximum((review / used)[:, None], between)


def _expired(exposure, supply, rules, top, span):
    """Units of each order that expire, (items, tops, depths)."""
    life_mean, life_variance = demand_over_life(
        exposure.daily,
        rules.shelf_days,
        exposure.deviation**2,
        supply.protection_days,
        exposure.gain,
    )
    out = np.zeros((len(top), top.shape[1], span.shape[1]), top.dtype)
    risky = perishable(rules.shelf_days)
    risky &= life_mean < top[:, -1] + span[:, -1] + 4 * np.sqrt(life_variance)
    if not risky.any():
        return out
    level = top + (supply.pack / 2 - exposure.lead_units)[:, None]
    out[risky] = expected_outdating(
        np.maximum(level[risky], 0)[:, :, None],
        span[risky][:, None, :],
        life_mean[risky][:, None, None],
        life_variance[risky][:, None, None],
    )
    return out

"""Reorder point s and order-up-to S of each item, searched together for the least cost.

At each review the position (on hand and on order) is compared with s and ordered up to
S in whole packs. What can be missed before the next decision takes effect is what the
next review period adds:

    units missed a review = mean over positions y of  G(y; L + R) - G(y; L)
    lines missed          = units / size + P(runs dry) (1 - c^2) / 2

with G(y; t) = E[(demand over t - y)+] and its slope P by the tables of past errors. The
first line that is missed lacks size (1 + c^2) / 2 on average, c^2 being the squared
variation of a line's size, the others all of it: few large lines are missed as lines,
not as many. A loss per cycle, as textbooks have it, needs a fifth to a third more stock
for the same fill.

The position y is S just after an order, and spread evenly over s to S otherwise; the
mean over them is exact, by sums of G. With J units used between two reviews that have
demand, n = 1 + (S - s) / J of those pass between orders, and y is S after one of them.

    cost a year = holding * stock + order lines * price + missed lines * price
                  + what expires

Sources: Silver, Pyke & Thomas, Inventory and Production Management in Supply Chains,
4th ed. (2017), ch. 6; Sherbrooke, Optimal Inventory Modeling (2004), for weighing items
against each other at one price of a missed line; Tijms, A First Course in Stochastic
Models (2003), ch. 2 and 8, for the position of an (s, S) system and the overshoot.
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
DEPTHS = np.array([0.5, 3, 6, 10, 15, 22, 32, 46, 66, 95, 135])
#: A reorder point is not below this many units, or half a line: what is nothing is
#: never fallen below.
LEAST_POINT = 0.5
#: Of the units missed by the size of a line, at least this share counts as lines.
LEAST_LINES = 0.5
#: What a line costs when more are missed than allowed: beyond any price.
NEVER = 1e12
#: Nothing is held for longer than this beyond the protection interval, whatever a
#: missed line costs; single large lines excepted.
COVER_DAYS = 180.0


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """What each item must stand, (items,), in units.

    ``mean`` and ``deviation`` of demand over lead time and review; ``lead_units`` and
    ``lead_deviation`` over the lead time; ``daily`` use; ``gain`` of its level;
    ``line_size`` units of one line, ``line_spread`` its squared variation,
    ``line_rate`` lines a day; ``pool`` of its errors.
    """

    mean: np.ndarray
    deviation: np.ndarray
    lead_units: np.ndarray
    lead_deviation: np.ndarray
    daily: np.ndarray
    gain: np.ndarray
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
    expiry: bool = True,
) -> Candidates:
    """Cost of every candidate; ``order_line`` overrides the price of an order line."""
    low, top = _grid(exposure, supply, rules, errors)
    low = low[:, :, None]
    span = _span(low, top, supply)
    jump = _jump(exposure, supply)
    missed, lost, held = _shortage(exposure, errors, low, span, jump)
    missed *= (YEAR / supply.review_days).astype(missed.dtype)[:, None, None]
    on_way = exposure.lead_units + exposure.daily * supply.review_days / 2
    stock = np.maximum(held - on_way[:, None, None] + lost, 0)
    orders = YEAR * exposure.daily[:, None, None] / (jump[:, None, None] + span)
    expired = np.zeros_like(missed)
    if expiry:
        expired = _expired(exposure, supply, rules, top, span) * orders
    price = rules.order_line if order_line is None else order_line
    price = np.asarray(price, low.dtype).reshape(-1, 1, 1)
    cost = rules.unit_cost[:, None, None]
    running = rules.holding_rate * cost * stock + price * orders + cost * expired
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
    """Reorder points (items, points) and, of each, the levels to order up to."""
    tail = errors.tail[exposure.pool]
    low = exposure.mean[:, None] + tail * exposure.deviation[:, None]
    most = np.maximum(
        exposure.mean + COVER_DAYS * exposure.daily,
        np.maximum(2 * exposure.line_size, supply.pack),
    )
    most = np.minimum(most, np.maximum(rules.storage, 1))[:, None]
    least = np.minimum(LEAST_POINT, exposure.line_size / 2)
    least = np.maximum(least, np.minimum(rules.minimum, most[:, 0]))
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


def _jump(exposure, supply):
    """Units used between two reviews, of those with demand, (items,)."""
    review = supply.review_days
    used = np.clip(1 - (1 - exposure.line_rate) ** review, 1e-3, 1)
    return (exposure.daily * review / used).astype(exposure.daily.dtype)


def _shortage(exposure, errors, low, span, jump):
    """Lines missed a review, half of both losses, and the position: each the mean over
    the positions at a review, (items, points, depths). In blocks that fit the cache."""
    missed, lost, held = (np.empty_like(span) for _ in range(3))
    for start in range(0, len(low), BLOCK):
        block = slice(start, start + BLOCK)
        point, width = low[block], span[block]
        above = _at(point, exposure, errors, block)
        filled = _at(point + width, exposure, errors, block)
        often = jump[block, None, None] / (jump[block, None, None] + width)
        dry, missing, both = _mean(above, filled, width, often)
        missed[block] = _lines(missing, dry, exposure, block)
        lost[block] = both / 2
        held[block] = point + width * (1 + often) / 2
    return missed, lost, held


def _mean(point, filled, width, often):
    """Chance to run dry, units missed and both losses: at S with the share ``often``,
    else the mean from s to S, by what each sums to beyond either."""
    found = []
    for number, sign in ((0, -1), (1, -1), (1, 1)):
        even = point[0][number + 1] - filled[0][number + 1]
        even += sign * (point[1][number + 1] - filled[1][number + 1])
        even *= (1 - often) / width
        even += often * (filled[0][number] + sign * filled[1][number])
        found.append(np.maximum(even, 0, out=even))
    return found


def _at(position, exposure, errors, block):
    """Chance, loss and sum of losses beyond ``position``: over lead time and review,
    and over the lead time."""
    whole = exposure.mean, exposure.deviation
    lead = exposure.lead_units, exposure.lead_deviation
    pool = exposure.pool[block]
    found = []
    for is_lead, (mean, deviation) in enumerate((whole, lead)):
        deviation = deviation[block].reshape(-1, 1, 1)
        scaled = position - mean[block].reshape(-1, 1, 1)
        scaled /= deviation
        share, loss, beyond = errors.losses(pool, scaled, lead=bool(is_lead))
        loss *= deviation
        beyond *= deviation * deviation
        found.append((share, loss, beyond))
    return found


def _lines(missing, dry, exposure, block):
    """Lines missed, of units ``missing`` and the chance ``dry`` to run out."""
    size, spread = (
        x[block].reshape(-1, 1, 1) for x in (exposure.line_size, exposure.line_spread)
    )
    whole = missing / size
    return np.maximum(whole + dry * ((1 - spread) / 2), LEAST_LINES * whole)


def _expired(exposure, supply, rules, top, span):
    """Units of each order that expire, (items, tops, depths)."""
    life_mean, life_variance = demand_over_life(
        exposure.daily,
        rules.shelf_days,
        exposure.deviation**2,
        supply.protection_days,
        exposure.gain,
    )
    out = np.zeros_like(span)
    risky = perishable(rules.shelf_days)
    most = top[:, -1, -1] + span[:, -1, -1]
    risky &= life_mean < most + 4 * np.sqrt(life_variance)
    if not risky.any():
        return out
    level = top + (supply.pack / 2 - exposure.lead_units)[:, None, None]
    out[risky] = expected_outdating(
        np.maximum(level[risky], 0),
        span[risky],
        life_mean[risky][:, None, None],
        life_variance[risky][:, None, None],
    )
    return out

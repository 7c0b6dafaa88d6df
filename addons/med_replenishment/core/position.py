"""What a pair (s, S) brings by the distribution of demand over lead time and review.

What can be missed before the next decision takes effect is what the next review period
adds:

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

Sources: Silver, Pyke & Thomas, Inventory and Production Management in Supply Chains,
4th ed. (2017), ch. 6; Tijms, A First Course in Stochastic Models (2003), ch. 2 and 8,
for the position of an (s, S) system and the overshoot.
"""

import numpy as np

YEAR = 365.0
#: Items whose losses are worked out together.
BLOCK = 128
#: Of the units missed by the size of a line, at least this share counts as lines.
LEAST_LINES = 0.5


def by_position(exposure, supply, errors, low, span):
    """Lines missed and order lines a year, and units held on average, (items, points,
    depths), of reorder points ``low`` and ``span`` = S - s."""
    jump = _jump(exposure, supply)
    missed, lost, held = _shortage(exposure, errors, low, span, jump)
    missed *= (YEAR / supply.review_days).astype(missed.dtype)[:, None, None]
    on_way = exposure.lead_units + exposure.daily * supply.review_days / 2
    stock = np.maximum(held - on_way[:, None, None] + lost, 0)
    orders = YEAR * exposure.daily[:, None, None] / (jump[:, None, None] + span)
    return missed, orders, stock


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

"""How far demand over months strays from its level: measured, not extrapolated.

The variance of one interval, times the number of intervals, says too much of items
whose lines come regularly, for these even out, and too little of levels that drift. So
past levels are compared with what came in the weeks and months after them:

    ratio(h) = mean of (came - level h)^2 / (v h / interval)

of all items of a pool, v being the variance of their interval; between two horizons it
is interpolated in log h.
"""

import numpy as np

#: Days over which what came is compared with the level.
HORIZONS = np.array([28, 56, 112, 224, 364])
#: Weeks between two origins.
EVERY = 4
#: No case counts more than this many variances: a project is not drift.
MOST = 16.0
#: A pool's ratio is drawn to that of all items by as many cases.
PRIOR_CASES = 50.0


def long_run_ratio(picture, exposures, protection_days, pools: int) -> np.ndarray:
    """Ratios (pools, HORIZONS), learned from ``exposures``: pairs of an origin (week)
    and the exposure of the items seen from there; one where nothing was seen."""
    total, count = np.zeros((2, pools, len(HORIZONS)))
    for week, exposure in exposures:
        for number, days in enumerate(HORIZONS):
            span = np.full(len(protection_days), days)
            came, seen = picture.came_within(week, span)
            variance = exposure.deviation**2 * (days / protection_days)
            square = np.minimum((came - exposure.daily * days) ** 2 / variance, MOST)
            np.add.at(total[:, number], exposure.pool[seen], square[seen])
            np.add.at(count[:, number], exposure.pool[seen], 1)
    usual = (total.sum(0) + PRIOR_CASES) / (count.sum(0) + PRIOR_CASES)
    for number in range(1, len(HORIZONS)):
        if not count[:, number].any():
            usual[number] = usual[number - 1]
    return (total + PRIOR_CASES * usual) / (count + PRIOR_CASES)


def variance_over(days, variance, protection_days, ratio) -> np.ndarray:
    """Variance of demand over ``days`` (items,), from that of the interval; ``ratio``
    (items, HORIZONS) is that of each item's pool."""
    place = np.interp(np.log(days), np.log(HORIZONS), np.arange(len(HORIZONS)))
    before = np.minimum(place.astype(int), len(HORIZONS) - 2)
    row = np.arange(len(ratio))
    share = place - before
    factor = (1 - share) * ratio[row, before] + share * ratio[row, before + 1]
    return variance * factor * np.maximum(days / protection_days, 1)

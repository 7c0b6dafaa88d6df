"""Quantiles of what several periods will take together, for many series at once.

Three ways, each at its best for some kind of series:

- past forecasts of such totals, how wrong they were in deviations, pooled over series
  that vary alike;
- a negative binomial with the mean and variance of a long window, for rare use;
- the mean of the two.

Each pool of series takes the way whose quantiles cost least in its own past (pinball
loss); the way is chosen by the newer half of the past with tables of the older half.

Sources: Boylan & Syntetos, Intermittent Demand Forecasting (2021), ch. 11; pinball
loss, Gneiting, IJF 27 (2011).
"""

from dataclasses import dataclass

import numpy as np
from core.error_table import gamma_quantile, normal_quantile, pool_edges
from core.levels import follow, variance_of_sum
from core.service_classes import variation

WAYS = ("errors", "negative binomial", "mean")
#: Periods of a series before its first forecast is judged.
EARLIEST = 12
#: Lines after which a series' own variance counts as much as its pool's.
OWN_LINES = 15.0
#: A series has ended when it is silent for a window, and for so many of its gaps.
ENDED_GAPS = 4
#: Largest value that is counted through one by one; above, a gamma is close enough.
COUNTED = 400


@dataclass(frozen=True, slots=True, eq=False)
class Totals:
    """``quantile`` (series, shares) in whole units; ``way`` (series,) of WAYS."""

    quantile: np.ndarray
    way: np.ndarray


class _Past:
    """What could be foreseen at every origin; columns are origins."""

    def __init__(self, past, periods, window):
        self.past, self.periods, self.window = past, periods, window
        self.track = follow(past)
        zero = np.zeros((len(past), 1))
        self.sums = np.concatenate([zero, np.cumsum(past, 1)], 1)
        self.squares = np.concatenate([zero, np.cumsum(past**2, 1)], 1)
        recent = past[:, -window:]
        change = variation(recent)
        self.pool = np.searchsorted(pool_edges(change), change)
        self.law = self._laws()

    def came(self, origin):
        return self.sums[:, origin + self.periods] - self.sums[:, origin]

    def foreseen(self, origin):
        """Mean and deviation of the total from the period ``origin`` on."""
        track, periods = self.track, self.periods
        level = track.level[:, origin]
        recent = track.variance[:, max(0, origin - self.window // 2) : origin + 1]
        own = 0.4 * track.variance[:, origin] + 0.6 * recent.mean(1)
        lines = (self.past[:, :origin] > 0).sum(1)
        weight = np.where(own > 0, lines / (lines + OWN_LINES), 0)
        log_level = np.log(np.maximum(level, 0.02))
        intercept, slope = self.law[self.pool].T
        variance = np.exp(
            weight * np.log(np.maximum(own, 0.02))
            + (1 - weight) * (intercept + slope * log_level)
        )
        mean = periods * level
        spread = variance_of_sum(variance, track.gain[:, origin], float(periods))
        return mean, np.sqrt(np.maximum(spread, np.maximum(mean, 0.05)))

    def ended(self, origin):
        """Silent for a whole window, and for many times the series' usual gap."""
        used = self.past[:, :origin] > 0
        silent = np.argmax(
            np.pad(used[:, ::-1], ((0, 0), (0, 1)), constant_values=True), 1
        )
        gap = origin / np.maximum(used.sum(1), 1)
        return (silent >= self.window) & (silent > ENDED_GAPS * gap) & used.any(1)

    def long_window(self, origin):
        """Mean and variance of the total by the last ``window`` periods."""
        start = max(0, origin - self.window)
        count = max(origin - start, 1)
        mean = (self.sums[:, origin] - self.sums[:, start]) / count
        square = (self.squares[:, origin] - self.squares[:, start]) / count
        variance = np.maximum(square - mean**2, 0)
        return self.periods * mean, self.periods * variance

    def _laws(self):
        """log variance = a + b log level of each pool, (pools, 2)."""
        level = np.log(np.maximum(self.track.level[:, -1], 0.02))
        variance = self.track.variance[:, -self.window :].mean(1)
        variance = np.log(np.maximum(variance, 0.05))
        laws = []
        for number in range(self.pool.max() + 1):
            mine = self.pool == number
            columns = np.column_stack([np.ones(mine.sum()), level[mine]])
            normal = columns.T @ columns + np.diag([1e-6, 4.0])
            right = columns.T @ variance[mine] + np.array([0, 6.0])
            laws.append(np.linalg.solve(normal, right))
        return np.array(laws)


def total_quantiles(past: np.ndarray, periods: int, window: int, shares) -> Totals:
    """Quantiles of the total of the ``periods`` after ``past`` (series, periods).

    ``window`` is how many periods make the long window (two years of months, one of
    weeks). Nothing is known here but ``past``.
    """
    shares = np.asarray(shares, float)
    known = _Past(np.asarray(past, float), periods, window)
    now = past.shape[1]
    first = max(EARLIEST, now - 2 * window)
    origins = list(range(first, now - periods + 1))
    if len(origins) < 2 * periods:
        tables = _normal_tables(known, shares)
        way = np.zeros(len(past), int)
    else:
        way = _cheapest(known, origins, shares)
        tables = _tables(known, origins, shares)
    ways = _all_ways(known, now, tables, shares)
    quantile = np.take_along_axis(ways, way[None, :, None], 0)[0]
    quantile[known.ended(now)] = 0
    return Totals(_whole(quantile), way)


def pinball(came, quantile, shares):
    """Loss of each quantile, (series, shares).

    >>> pinball(np.array([10.0]), np.array([[8.0]]), np.array([0.9])).tolist()
    [[1.8]]
    """
    error = came[:, None] - quantile
    return np.maximum(shares * error, (shares - 1) * error)


def negative_binomial_quantile(mean, variance, shares):
    """Quantiles, (series, shares), of counts with this mean and variance (series,).

    >>> one = np.array([1.0])
    >>> negative_binomial_quantile(one, one, [0.5, 0.95]).tolist()
    [[1.0, 3.0]]
    """
    shares = np.asarray(shares, float)
    mean = np.maximum(mean, 1e-3)
    variance = np.maximum(variance, mean * 1.01 + 0.01 * (mean > 1))
    spread = np.sqrt(variance)
    found = gamma_quantile(mean[:, None], spread[:, None], shares)
    small = mean + 8 * spread < COUNTED
    if small.any():
        found[small] = _counted(mean[small], variance[small], shares)
    return np.maximum(found, 0)


def _counted(mean, variance, shares):
    size = mean * mean / (variance - mean)
    success = size / (size + mean)
    chance = success**size
    below = chance.copy()
    found = np.full((len(mean), len(shares)), float(COUNTED))
    open_ = np.ones_like(found, bool)
    for count in range(COUNTED):
        reached = open_ & (below[:, None] >= shares)
        found[reached] = count
        open_ &= ~reached
        if not open_.any():
            break
        chance = chance * (count + size) / (count + 1) * (1 - success)
        below += chance
    return found


def _cheapest(known, origins, shares):
    """The way of each series: its pool's with the least loss in the newer half."""
    half = len(origins) // 2
    tables = _tables(known, origins[:half], shares)
    loss = np.zeros((len(WAYS), len(known.past)))
    for origin in origins[half + known.periods - 1 :: max(1, known.periods // 2)]:
        came = known.came(origin)
        for number, quantile in enumerate(_all_ways(known, origin, tables, shares)):
            loss[number] += pinball(came, _whole(quantile), shares).mean(1)
    loss /= np.maximum(known.past.mean(1), 0.05)
    chosen = np.array(
        [
            loss[:, known.pool == number].mean(1).argmin()
            for number in range(len(known.law))
        ]
    )
    return chosen[known.pool]


def _all_ways(known, origin, tables, shares):
    mean, deviation = known.foreseen(origin)
    errors = mean[:, None] + tables[known.pool] * deviation[:, None]
    counted = negative_binomial_quantile(*known.long_window(origin), shares)
    errors = np.maximum(errors, 0)
    return np.stack([errors, counted, (errors + counted) / 2])


def _tables(known, origins, shares):
    """Quantiles of standardised errors of each pool, (pools, shares)."""
    errors = []
    for origin in origins:
        mean, deviation = known.foreseen(origin)
        errors.append((known.came(origin) - mean) / deviation)
    errors = np.stack(errors, 1)
    return np.stack(
        [
            np.quantile(errors[known.pool == number], shares)
            for number in range(len(known.law))
        ]
    )


def _normal_tables(known, shares):
    return np.tile(normal_quantile(shares), (len(known.law), 1))


def _whole(quantile):
    return np.ceil(quantile - 1e-6)

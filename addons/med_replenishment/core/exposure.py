"""Mean and spread of demand over lead time and review, of every item at one moment.

Laws that hold for many items stand in where an item's own past is short: its level is
drawn to that of its category, its variance to log v = a + b * log level of its pool.
"""

from dataclasses import dataclass

import numpy as np

from .error_table import pool_edges
from .forecast import DAYS
from .levels import variance_of_sum
from .long_run import HORIZONS
from .panel import Supply
from .picture import Picture
from .reorder_search import Exposure
from .season import weeks_within

#: Ways to see the level: smoothed by many gains, mean of the last year, half of each.
METHODS = ("smoothed", "mean", "blend")
MEAN_SHARE = np.array([0.0, 1.0, 0.5])
#: Squared variation of one week's use, which says how sure an item's own level is.
WEEK_NOISE = 1.0
#: The doubt about a new item's level, as a multiple of the squared level, at most.
MOST_DOUBT = 4.0
#: With more weeks than this an item speaks for itself.
GROWN_UP = 26
#: Lines after which the item's own variance counts as much as its pool's.
VARIANCE_PRIOR = 15.0
#: Slope of log variance on log level, and what it weighs, where items say little.
SLOPE, SLOPE_WEIGHT = 1.5, 4.0
#: Units a day that stand for none where use is divided by.
LEAST_DAILY = 1e-4
#: Share of the newest variance against that of the last three quarters.
NEWEST, QUARTERS = 0.3, 39


@dataclass(frozen=True, slots=True, eq=False)
class Laws:
    """``edges`` (pools - 1,) of weekly variation; ``intercept``, ``slope`` (pools,).

    ``level``, ``spread`` (categories,): mean and deviation of the log of weekly use of
    the items of a category; ``size`` units of its usual line. The last row is that of
    all items together, for a category that nothing was learned of. ``drift`` (pools,
    long_run.HORIZONS) is how far months stray from the level.
    """

    edges: np.ndarray
    intercept: np.ndarray
    slope: np.ndarray
    level: np.ndarray
    spread: np.ndarray
    size: np.ndarray
    drift: np.ndarray

    @classmethod
    def of(cls, picture: Picture, category):
        """Learn from a picture; ``category`` (items,) numbers the categories from 0."""
        edges = pool_edges(picture.variation)
        pool = np.searchsorted(edges, picture.variation)
        lines = [
            _variance_line(picture, pool == number) for number in range(len(edges) + 1)
        ]
        intercept, slope = np.array(lines).T
        levels = _category_levels(picture, category)
        drift = np.ones((len(edges) + 1, len(HORIZONS)))
        return cls(edges, intercept, slope, *levels, drift)


def exposure_at(
    picture: Picture,
    laws: Laws,
    supply: Supply,
    category,
    week: int,
    place: int = 0,
    factor=1.0,
    method=None,
) -> Exposure:
    """What the items stood before ``week`` (picture.weeks: now), (items,).

    ``place`` days of that week have passed since (0 to 6): the days ahead are then
    others, the level is the same. ``factor`` (items,) multiplies demand; ``method``
    (items,) is the index of the champion in METHODS, the first by default.
    """
    level, variance, gain = _state(picture, laws, category, week, method)
    level, variance = level * factor, variance * np.square(factor)
    daily = np.maximum(level / DAYS, LEAST_DAILY)
    rate, size = _lines(picture, laws, category, week, daily)
    ahead = *_in_season(picture, supply, week, level, variance), gain
    mean, deviation = over_interval(
        picture, supply, *ahead, supply.protection_days, place
    )
    lead, lead_deviation = over_interval(
        picture, supply, *ahead, supply.lead_days, place
    )
    pool = np.searchsorted(laws.edges, picture.variation)
    return Exposure(
        *(
            np.asarray(column, np.float32)
            for column in (
                mean,
                deviation,
                lead,
                lead_deviation,
                daily,
                laws.drift[pool],
                size,
                picture.line_spread,
                rate,
            )
        ),
        pool=pool,
    )


def interval_at(picture, laws, supply, category, week, method=None, span=None):
    """Mean and deviation over lead time and review before ``week``, and the pool.

    ``span`` (items,) is the number of weeks' worth of demand in it, where known.
    """
    level, variance, gain = _state(picture, laws, category, week, method)
    ahead = *_in_season(picture, supply, week, level, variance), gain
    days = supply.protection_days
    mean, deviation = over_interval(picture, supply, *ahead, days, span=span)
    return mean, deviation, np.searchsorted(laws.edges, picture.variation)


def _in_season(picture, supply, week, level, variance):
    """Level and variance of a week as they are in the protection interval's season."""
    season = picture.season_over(week, supply.protection_days)
    return level * season, variance * np.square(season)


def _lines(picture, laws, category, week, daily):
    """Lines a day and units a line of the year before; those of its category where an
    item had none."""
    rate, size = picture.lines_of_year(week)
    size = np.where(rate > 0, size, laws.size[_known(category, laws)])
    rate = np.where(rate > 0, rate, daily / np.maximum(size, 1e-6))
    return np.clip(rate, 1e-3, 1), np.maximum(size, 1e-3)


def over_interval(picture, supply, level, variance, gain, days, place=0, span=None):
    """Mean and deviation of demand over ``days`` and a lead time that varies.

    m = level * weeks of demand in these days
    v = variance of the sum of forecasts + (daily use)^2 * variance of the lead time
    """
    if span is None:
        span = weeks_within(picture.profile, days, place)
    mean = level * span
    spread = variance_of_sum(variance, gain, days / DAYS)
    spread = spread + (level / DAYS * supply.lead_deviation) ** 2
    return mean, np.sqrt(np.maximum(spread, np.maximum(mean, 0.05)))


def _state(picture, laws, category, week, method):
    """Level and variance of a week, drawn to category and pool; the gain."""
    track, at = picture.track, picture.track.column(week)
    level, gain, seen = track.level[:, at], track.gain[:, at], track.seen[:, at]
    if method is not None and method.any():
        share = MEAN_SHARE[method]
        level = (1 - share) * level + share * picture.mean_of_year(week)
    known = _known(category, laws)
    between = laws.spread[known] ** 2
    own = between / (between + WEEK_NOISE / np.maximum(seen, 1e-3))
    young = seen < GROWN_UP
    drawn = own * np.log(np.maximum(level, 0.02)) + (1 - own) * laws.level[known]
    doubt = np.minimum(np.expm1(between * (1 - own)), MOST_DOUBT)
    level = np.where(young & (level > 0) | (seen == 0), np.exp(drawn), level)
    recent = track.variance[:, max(0, at - QUARTERS) : at + 1].mean(1)
    variance = NEWEST * track.variance[:, at] + (1 - NEWEST) * recent
    pool = np.searchsorted(laws.edges, picture.variation)
    law = laws.intercept[pool] + laws.slope[pool] * np.log(np.maximum(level, 0.02))
    lines = _lines_of_year(picture, week)
    own = lines / (lines + VARIANCE_PRIOR)
    own = np.where(variance > 0, own, 0)
    variance = np.exp(own * np.log(np.maximum(variance, 0.02)) + (1 - own) * law)
    return level, np.where(young, variance + doubt * level**2, variance), gain


def _lines_of_year(picture, week):
    end = picture.day_of(week)
    lines = picture.lines_before
    return (lines[:, end] - lines[:, max(0, end - 365)]).astype(np.float32)


def _variance_line(picture, mine):
    """Intercept and slope of log variance on log level, by ridge regression."""
    level = np.log(np.maximum(picture.track.level[mine, -1], 0.02))
    variance = picture.track.variance[mine][:, -52:].mean(1)
    seen = picture.track.seen[mine, -1] >= GROWN_UP / 2
    level, variance = level[seen], np.log(np.maximum(variance[seen], 0.05))
    columns = np.column_stack([np.ones_like(level), level])
    normal = columns.T @ columns + np.diag([1e-6, SLOPE_WEIGHT])
    right = columns.T @ variance + np.array([0, SLOPE_WEIGHT * SLOPE])
    return np.linalg.solve(normal, right)


def _category_levels(picture, category):
    """Mean and deviation of the log level, and the usual line, by category."""
    level = picture.track.level[:, -1]
    _rate, size = picture.lines_of_year(picture.weeks)
    used = (level > 0) & (size > 0)
    pools = [used & (category == number) for number in range(_count(category) + 1)]
    found = [mine if mine.sum() >= 3 else used for mine in pools]
    log = np.log(np.maximum(level, 0.02))
    return (
        np.array([log[mine].mean() if mine.any() else 0.0 for mine in found]),
        np.array([log[mine].std() if mine.any() else 1.0 for mine in found]),
        np.array([np.median(size[mine]) if mine.any() else 1.0 for mine in found]),
    )


def _count(category):
    return int(category.max()) + 1 if len(category) else 1


def _known(category, laws):
    """Categories that the laws do not know are read as all items together."""
    return np.minimum(category, len(laws.level) - 1)

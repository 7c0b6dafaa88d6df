"""Forecast of use: one mean and one spread per item, and how wrong they were before.

Simple exponential smoothing of weekly use, for many gains at once. The gains are
blended by how well each did on the item's own past, old errors counting less; a gain
starts at 1/t and falls to its value, so that no arbitrary start is carried along.

Sources: Hyndman, Koehler, Ord & Snyder, Forecasting with Exponential Smoothing (2008),
ch. 2; weights exp(-AIC/2): Burnham & Anderson, Model Selection (2002), ch. 2; rolling
origin: Tashman, Int. J. of Forecasting 16 (2000).

Arrays are (items, days) or (items, weeks), the oldest first. Nothing here looks beyond
the last column it is given; a week is judged only by the weeks before it.
"""

from dataclasses import dataclass

import numpy as np

DAYS = 7
GAINS = np.array([0.02, 0.05, 0.08, 0.12, 0.16, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8])
#: What an error counts after a week more; a year-old one counts 0.6.
DISCOUNT = 0.99
#: Weeks that an item must have been seen before its forecasts are judged.
WARM_UP = 4
#: With fewer weeks than this there is nothing to choose a gain by.
ENOUGH_WEEKS = 8
#: How many of the last origins the back-test looks at: half a year.
ORIGINS = 26
#: Weight of a new squared error in the spread: the memory is about 20 weeks.
SPREAD_GAIN = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """Arrays of shape (items,).

    ``mean`` is in units a day and ``deviation`` the standard deviation of one day's
    use around it, in units. ``wape`` and ``bias`` are shares of what was used, over
    ``origins`` past forecasts; they are NaN where there was nothing to compare.
    ``weeks`` were seen. ``weak`` items are a plain average of little history.
    """

    mean: np.ndarray
    deviation: np.ndarray
    wape: np.ndarray
    bias: np.ndarray
    origins: np.ndarray
    weeks: np.ndarray
    weak: np.ndarray


def weekly_use(daily: np.ndarray, unseen: np.ndarray) -> np.ndarray:
    """Use per week, (items, weeks), of whole weeks that end with the last day.

    ``daily`` (items, days) is use; ``unseen`` marks days whose figure says nothing:
    before the item came, or out of stock without a use. A week takes the average of its
    seen days for the others; with fewer than four it is unseen itself, NaN.

    >>> weekly_use(np.array([[1.0] * 14]), np.array([[True] * 3 + [False] * 11]))
    array([[7., 7.]])
    """
    items, days = daily.shape
    weeks = days // DAYS
    shape = (items, weeks, DAYS)
    use = daily[:, days - weeks * DAYS :].reshape(shape)
    seen = ~unseen[:, days - weeks * DAYS :].reshape(shape)
    count = seen.sum(2)
    total = np.where(seen, use, 0.0).sum(2)
    with np.errstate(invalid="ignore", divide="ignore"):
        filled = np.maximum(total, 0.0) * DAYS / count
    return np.where(count > DAYS // 2, filled, np.nan)


def forecast(weekly: np.ndarray, horizon: np.ndarray) -> Forecast:
    """Forecast each item of ``weekly`` and test it on its own past.

    ``horizon`` (items,) is the number of weeks that a stock decision must cover; the
    back-test judges the sum over that many weeks. The spread is at least that of
    independent single uses (Poisson): a quiet past is no promise.

    >>> steady = forecast(np.full((1, 20), 14.0), np.array([2]))
    >>> round(float(steady.mean[0]), 6), round(float(steady.wape[0]), 6)
    (2.0, 0.0)
    >>> int(steady.origins[0])
    15
    """
    levels, variance = smooth(weekly)
    weeks = np.isfinite(weekly).sum(1)
    weak = weeks < ENOUGH_WEEKS
    average, spread = _plain_average(weekly, weeks)
    mean = np.where(weak, average, levels[:, -1]) / DAYS
    variance = np.where(weak, spread, variance) / DAYS
    wape, bias, origins = rolling_origin(weekly, levels, horizon)
    return Forecast(
        mean=mean,
        deviation=np.sqrt(np.maximum(variance, mean)),
        wape=wape,
        bias=bias,
        origins=origins,
        weeks=weeks,
        weak=weak,
    )


def smooth(weekly: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Levels before each week and after the last, and the variance of the errors.

    Returns ``levels`` (items, weeks + 1) in units a week, column w knowing the weeks
    before w only, and ``variance`` (items,) of one week's error after the last week.
    Levels of items not seen yet are zero.
    """
    items, weeks = weekly.shape
    level = np.zeros((items, len(GAINS)))
    error_sum = np.zeros((items, len(GAINS)))
    variance = np.zeros((items, len(GAINS)))
    seen = np.zeros((items, 1))
    judged = np.zeros((items, 1))
    levels = np.zeros((items, weeks + 1))
    for week in range(weeks):
        levels[:, week] = (level * _weights(error_sum, judged)).sum(1)
        use = weekly[:, week, None]
        here = np.isfinite(use)
        error = np.where(here, use - level, 0.0)
        judge = here & (seen >= WARM_UP)
        judged += judge
        squared = np.where(judge, error * error, 0.0)
        error_sum = error_sum * np.where(judge, DISCOUNT, 1.0) + squared
        gain = np.maximum(SPREAD_GAIN, 1.0 / np.maximum(judged, 1.0))
        variance += np.where(judge, gain * (squared - variance), 0.0)
        level = level + np.maximum(GAINS, 1.0 / (seen + 1.0)) * error
        seen += here
    weights = _weights(error_sum, judged)
    levels[:, weeks] = (level * weights).sum(1)
    return np.maximum(levels, 0.0), (variance * weights).sum(1)


def rolling_origin(
    weekly: np.ndarray, levels: np.ndarray, horizon: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Past forecasts against what came: WAPE, bias and the number of origins.

    From each of the last origins the level foresees the sum of ``horizon`` weeks.

        WAPE = sum |A - F| / sum A        bias = sum (F - A) / sum A

    A window with an unseen week is left out. Both are NaN where nothing was used.
    """
    items, weeks = weekly.shape
    use = np.cumsum(np.nan_to_num(weekly), axis=1)
    use = np.concatenate([np.zeros((items, 1)), use], axis=1)
    seen = np.cumsum(np.isfinite(weekly), axis=1)
    seen = np.concatenate([np.zeros((items, 1), int), seen], axis=1)
    end = np.arange(weeks + 1)[None, :]
    start = end - horizon[:, None]
    row = np.arange(items)[:, None]
    begin = np.maximum(start, 0)
    complete = (start >= 0) & (seen - seen[row, begin] == horizon[:, None])
    complete &= seen[row, begin] >= WARM_UP
    complete &= start > weeks - horizon[:, None] - ORIGINS
    actual = np.where(complete, use - use[row, begin], 0.0)
    foreseen = np.where(complete, levels[row, begin] * horizon[:, None], 0.0)
    total = actual.sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        wape = np.where(total > 0, np.abs(actual - foreseen).sum(1) / total, np.nan)
        bias = np.where(total > 0, (foreseen - actual).sum(1) / total, np.nan)
    return wape, bias, complete.sum(1)


def _weights(error_sum: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """Share of each gain, (items, gains), by its discounted past squared error."""
    memory = 1.0 / (1.0 - DISCOUNT)
    evidence = 0.5 * np.minimum(judged, memory)
    score = evidence * np.log(np.maximum(error_sum, 1e-9))
    weight = np.exp(score.min(1, keepdims=True) - score)
    return weight / weight.sum(1, keepdims=True)


def _plain_average(
    weekly: np.ndarray, weeks: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of the seen weeks; the variance includes the mean's own."""
    count = np.maximum(weeks, 1)
    seen = np.isfinite(weekly)
    mean = np.where(seen, weekly, 0.0).sum(1) / count
    squares = np.where(seen, (weekly - mean[:, None]) ** 2, 0.0).sum(1)
    variance = squares / np.maximum(count - 1, 1)
    return mean, variance * (1.0 + 1.0 / count)

"""The level of weekly use, its error and its memory, of all items at once.

Simple exponential smoothing for many gains at once; a gain is max(alpha, 1/t), so that
no arbitrary start is carried along. The gains are blended by their discounted past
squared error. The loop runs over weeks, never over items.

Sources: Hyndman, Koehler, Ord & Snyder, Forecasting with Exponential Smoothing (2008),
ch. 2 and 6.6 (variance of a sum); weights exp(-AIC/2): Burnham & Anderson, Model
Selection (2002), ch. 2.
"""

from dataclasses import dataclass

import numpy as np

from .forecast import GAINS

#: What an error counts after a week more; a year-old one counts 0.6.
DISCOUNT = 0.99
#: Weeks seen before a gain is judged, and before its error is measured.
JUDGED_FROM = 8
MEASURED_FROM = 4
#: Weeks of evidence that a choice of gain rests on, at most: two years.
EVIDENCE = 104
#: Memory of the error: about 20 weeks.
ERROR_GAIN = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """States before each week from ``first`` on, and after the last: (items, origins).

    ``level`` in units a week; ``variance`` of one week's error; ``gain`` is the blended
    alpha; ``seen`` the weeks known by then. Column j knows the weeks before
    ``first + j`` only.
    """

    first: int
    level: np.ndarray
    variance: np.ndarray
    gain: np.ndarray
    seen: np.ndarray

    def column(self, week):
        """The column that knows the weeks before ``week`` only."""
        return week - self.first


def follow(weekly: np.ndarray, first: int = 0, every: int = 1) -> Track:
    """Follow ``weekly`` (items, weeks), NaN where unseen, from the first week on.

    States are kept of every ``every``-th week counted back from the last, since
    ``first``; the columns between repeat the one before.

    >>> follow(np.full((1, 30), 14.0), first=30).level
    array([[14.]])
    """
    items, weeks = weekly.shape
    dtype = weekly.dtype if weekly.dtype == np.float32 else float
    state = _State.start(items, dtype)
    kept = [np.zeros((weeks + 1 - first, items), dtype) for _ in range(4)]
    use = np.ascontiguousarray(weekly.T)
    here = np.isfinite(use)
    for week in range(weeks + 1):
        if week >= first:
            if (weeks - week) % every == 0 or week == first:
                blended = state.blended()
            for column, values in zip(kept, blended, strict=True):
                column[week - first] = values
        if week < weeks:
            state.learn(np.where(here[week], use[week], 0), here[week])
    return Track(first, *(np.ascontiguousarray(column.T) for column in kept))


class _State:
    """Levels and errors of all gains, (gains, items)."""

    @classmethod
    def start(cls, items, dtype):
        state = cls()
        state.gains = GAINS[:, None].astype(dtype)
        shape = len(GAINS), items
        state.level = np.zeros(shape, dtype)
        state.squares = np.zeros(shape, dtype)
        state.variance = np.zeros(shape, dtype)
        state.seen = np.zeros(items, dtype)
        return state

    def learn(self, use, here):
        here = here.astype(use.dtype)
        error = (use - self.level) * here
        square = error * error
        judged = here * (self.seen >= JUDGED_FROM)
        self.squares *= 1 - (1 - DISCOUNT) * judged
        self.squares += square * judged
        measured = self.seen - MEASURED_FROM
        gain = np.maximum(ERROR_GAIN, 1 / np.maximum(measured + 1, 1)).astype(use.dtype)
        gain *= here * (measured >= 0)
        self.variance += gain * (square - self.variance)
        error *= np.maximum(self.gains, 1 / (self.seen + 1))
        self.level += error
        self.seen += here

    def blended(self):
        """Level, variance, gain and weeks seen, each (items,)."""
        evidence = np.clip(self.seen - JUDGED_FROM, 0, EVIDENCE) / 2
        score = evidence * np.log(np.maximum(self.squares, 1e-6))
        weight = np.exp(score.min(0) - score)
        weight /= weight.sum(0)
        level = np.maximum((self.level * weight).sum(0), 0)
        variance = (self.variance * weight).sum(0)
        return level, variance, (self.gains * weight).sum(0), self.seen


def variance_of_sum(variance, gain, weeks):
    """Variance of the error of a sum of ``weeks`` (may be a fraction) forecasts.

        v * (h + a h (h - 1) + a^2 h (h - 1) (2 h - 1) / 6)

    >>> float(variance_of_sum(4.0, 0.0, 3.0)), float(variance_of_sum(1.0, 1.0, 2.0))
    (12.0, 5.0)
    """
    h = np.asarray(weeks)
    more = gain * h * (h - 1) + gain**2 * h * (h - 1) * (2 * h - 1) / 6
    return variance * (h + np.where(h > 1, more, 0))

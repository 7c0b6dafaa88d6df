"""The season of the year, as far as one year has foretold the next.

A year is thirteen periods of four weeks, counted back from the last week known. With
d1 and d2 the deviations of an item's periods from the mean of the year before last and
of last year,

    r = sum d1 d2 / sum (d1^2 + d2^2) / 2

says how much of them comes again: with nothing but chance it is nought, for chance does
not know last year. The index of an item is what it shares with its category, and what
is its own, each drawn to one by what has come again:

    index = 1 + R d_category + R_own (d_item - R d_category),  R = 2 r / (1 + r)

where R is the reliability of the mean of two years. Less than two whole years, or a
season that has not come again, leave the index at one.

Sources: Spearman (1910) and Brown (1910) for R; drawing to the group after Efron &
Morris, JASA 70 (1975).
"""

from dataclasses import dataclass

import numpy as np

PERIODS, WEEKS = 13, 4
YEAR = PERIODS * WEEKS
#: An item's own r counts as much as this many items of its category would.
OWN_ITEMS = 3.0
#: A season that comes again to less than this is none.
LEAST_RELIABILITY = 0.3
#: A level that falls is at least this share of the mean of both years.
LEAST_LEVEL = 0.3
#: Bounds of an index.
LEAST, MOST = 0.4, 2.5


@dataclass(frozen=True, slots=True, eq=False)
class Yearly:
    """By category: ``shared`` (categories, PERIODS), the deviation from one that is
    expected again, and ``own`` (categories,), how much of what items do beyond it comes
    again. The last row is for a category that nothing was learned of: no season.
    ``usual`` is how much items vary beyond what they share, on average."""

    shared: np.ndarray
    own: np.ndarray
    usual: np.ndarray

    @classmethod
    def none(cls):
        """No season, whatever the category."""
        return cls(np.zeros((1, PERIODS)), np.zeros(1), np.zeros(()))

    @classmethod
    def of(cls, weekly, category):
        """Learn from ``weekly`` use (items, weeks), NaN where unseen."""
        years, known = _two_years(weekly)
        many = int(category.max()) + 1 if len(category) else 1
        shared, own = np.zeros((many + 1, PERIODS)), np.zeros(many + 1)
        for number in range(many):
            mine = years[:, known & (category == number)]
            if not mine.shape[1]:
                continue
            common = mine.mean(1)
            shared[number] = _reliable(*_again(*common)) * common.mean(0)
            same, all_ = _again(*(mine - shared[number]))
            own[number] = same.sum() / max(all_.sum(), 1e-9)
        _same, varied = _again(*(years - shared[category]))
        return cls(shared, own, np.asarray(varied.mean() if len(varied) else 0.0))

    def index(self, weekly, category):
        """Index of each period from the week after the last on, (items, PERIODS)."""
        years, known = _two_years(weekly)
        category = np.minimum(category, len(self.own) - 1)
        shared = self.shared[category]
        rest = years - shared
        same, all_ = _again(*rest)
        prior = OWN_ITEMS * self.usual
        again = (same + self.own[category] * prior) / (all_ + prior + 1e-9)
        own = _reliable(again, 1.0)[:, None] * rest.mean(0)
        index = 1 + shared + np.where(known[:, None], own, 0)
        index = np.clip(index, LEAST, MOST)
        return index / index.mean(1, keepdims=True)


def by_week(index, weeks):
    """``index`` (items, PERIODS) of each of ``weeks`` past and YEAR coming weeks."""
    place = (np.arange(-weeks, YEAR) % YEAR) // WEEKS
    return index[:, place]


def _two_years(weekly):
    """Deviations of both years from their level, (2, items, PERIODS), smoothed over
    three periods, and whether both were seen.

    The level grows evenly by what last year was above the one before it, or growth
    would look like a season.
    """
    if weekly.shape[1] < 2 * YEAR:
        nothing = np.zeros((2, len(weekly), PERIODS))
        return nothing, np.zeros(len(weekly), bool)
    weeks = weekly[:, -2 * YEAR :].reshape(-1, 2, PERIODS, WEEKS)
    seen = np.isfinite(weeks)
    count = seen.sum(3)
    mean = np.where(seen, weeks, 0).sum(3) / np.maximum(count, 1)
    year = mean.mean(2)
    known = (count > 0).all((1, 2)) & (year > 0).all(1)
    middle = year.mean(1)[:, None]
    growth = (year[:, 1:] - year[:, :1]) / PERIODS
    level = middle + growth * (np.arange(2 * PERIODS) - PERIODS + 0.5)
    level = np.maximum(level, LEAST_LEVEL * middle).reshape(mean.shape)
    deviation = mean / np.maximum(level, 1e-9) - 1
    deviation = np.where(known[:, None, None], deviation, 0)
    around = np.roll(deviation, 1, 2) + np.roll(deviation, -1, 2)
    return np.moveaxis(deviation / 2 + around / 4, 1, 0), known


def _again(first, second):
    """What two years share, and what they vary, summed over the periods."""
    return (first * second).sum(-1), (first**2 + second**2).sum(-1) / 2


def _reliable(same, all_):
    """Reliability of the mean of two years; nought where little comes again."""
    again = np.clip(same / np.maximum(all_, 1e-9), 0, 1)
    both = 2 * again / (1 + again)
    return np.where(again < LEAST_RELIABILITY, 0, both)

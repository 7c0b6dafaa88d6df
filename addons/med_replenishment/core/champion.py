"""Which forecast has foreseen an item best, and how wrong it was.

Rolling origin: from each of the last origins, what was foreseen of the protection
interval is compared with what came (Tashman, Int. J. of Forecasting 16 (2000)).

    WAPE = sum |A - F| / sum A        bias = sum (F - A) / sum A
"""

from dataclasses import dataclass, replace

import numpy as np

from .demand_quantiles import quantiles_of
from .exposure import MEAN_SHARE, METHODS, interval_at
from .picture import YEAR_WEEKS
from .season import weeks_within

#: Origins lie two weeks apart, over the last year.
EVERY = 2
#: Weeks of history before a forecast is judged.
EARLIEST = 8
#: Origins after which an item's own errors count as much as those of all items.
OWN_ORIGINS = 20.0
#: Half of each is the usual method: what two methods foresee together is seldom far
#: out (Bates & Granger, Operational Research Quarterly 20 (1969)). How much better, in
#: usual errors, another must be.
USUAL, MARGIN = METHODS.index("blend"), 0.05
#: Column of the 95 % quantile.
HIGH = 3


@dataclass(frozen=True, slots=True, eq=False)
class BackTest:
    """(items,): index of METHODS, WAPE, bias, coverage of the 95 % quantile, origins.

    WAPE, bias and coverage are NaN where there was nothing to compare. ``common``
    (methods,) is the relative error of each method over all items together.
    """

    method: np.ndarray
    wape: np.ndarray
    bias: np.ndarray
    coverage: np.ndarray
    origins: np.ndarray
    common: np.ndarray


def back_test(picture, laws, supply, category, errors=None, common=None):
    """Judge every method on the item's own past; the best is its champion.

    An item's own error is drawn to that of all items, so that luck at a few origins
    chooses nothing; ``common`` says what these are, if not those of this very panel.
    ``errors`` is the table whose 95 % quantile is judged; without, coverage is NaN.
    """
    items = len(picture.weekly)
    days = supply.protection_days
    span = weeks_within(picture.profile, days)
    missed, excess = np.zeros((2, len(METHODS), items))
    total, origins = np.zeros(items), np.zeros(items, int)
    for week in _origins(picture):
        came, counts = _came(picture, week, days)
        smoothed = picture.track.level[:, picture.track.column(week)]
        year = picture.mean_of_year(week)
        ahead = span * picture.season_over(week, days)
        for number, share in enumerate(MEAN_SHARE):
            foreseen = ((1 - share) * smoothed + share * year) * ahead
            error = np.where(counts, foreseen - came, 0)
            missed[number] += np.abs(error)
            excess[number] += error
        total += came
        origins += counts
    found = _judged(missed, excess, total, origins, common)
    if errors is None:
        return found
    held = _held(picture, laws, supply, category, errors, found.method, span)
    return replace(found, coverage=np.where(origins > 0, held, np.nan))


def _came(picture, week, days):
    """What came of each interval, zero where it does not count, and whether it does."""
    came, counts = picture.came_within(week, days)
    seen = picture.track.seen[:, picture.track.column(week)]
    counts = counts & (seen >= EARLIEST)
    return np.where(counts, came, 0), counts


def _held(picture, laws, supply, category, errors, method, span):
    """Share of the past intervals that the 95 % quantile covered, (items,)."""
    days = supply.protection_days
    held, origins = np.zeros((2, len(days)))
    for week in _origins(picture):
        came, counts = _came(picture, week, days)
        mean, deviation, pool = interval_at(
            picture, laws, supply, category, week, method, span
        )
        high = quantiles_of(mean, deviation, pool, errors)[:, HIGH]
        held += counts & (came <= high)
        origins += counts
    return held / np.maximum(origins, 1)


def _judged(missed, excess, total, origins, common):
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.maximum(missed.mean(0), 1e-9)
        relative = missed / scale
        own = origins / (origins + OWN_ORIGINS)
        if common is None:
            common = np.ones(len(METHODS))
            if origins.any():
                common = relative[:, origins > 0].mean(1)
        score = own * relative + (1 - own) * common[:, None]
        score[USUAL] -= MARGIN
        method = np.where(origins > 0, score.argmin(0), USUAL)
        row = np.arange(len(total))
        wape = np.where(total > 0, missed[method, row] / total, np.nan)
        bias = np.where(total > 0, excess[method, row] / total, np.nan)
    nothing = np.full(len(total), np.nan)
    return BackTest(method, wape, bias, nothing, origins, common)


def _origins(picture):
    """Weeks of past forecasts: every second one, the newest that has ended last."""
    weeks = picture.weeks
    first = max(EARLIEST, weeks - YEAR_WEEKS, picture.track.first)
    return range(first + (weeks - first) % EVERY, weeks, EVERY)

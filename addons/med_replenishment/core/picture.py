"""Each item as it looked at the start of each week: level, spread, lines, weekday.

A week ends with the last day that is known, so tomorrow is always the first day of a
week. Column ``week`` of anything here knows the days before that week only.
"""

from dataclasses import dataclass

import numpy as np

from . import yearly
from .forecast import DAYS, weekly_use
from .levels import Track, follow
from .panel import NO_ITEM, Demand
from .season import weekday_profile
from .service_classes import variation
from .yearly import Yearly

#: Lines are counted over a year.
YEAR_DAYS = 365
#: Weekly variation is that of the last year.
YEAR_WEEKS = 52
#: The worst that an item has seen is looked for in two years.
WORST_DAYS = 730
#: Under a line a week an item is rare: what it may ask for is known from few cases.
RARE_LINES = 1 / 7
#: Squared variation of a line's size where nothing is known; lines it weighs as.
USUAL_SPREAD, SPREAD_LINES = 1.0, 10.0
#: An item is over when it was not used for this long, and for so many of its gaps.
ENDED_DAYS, ENDED_GAPS = 180, 8


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Sums before each day are (items, days + 1): column t holds the days before t.

    ``season_before`` sums the yearly index before each week, a year ahead too; None
    where no season is known. ``track`` is of use without the season.
    """

    weekly: np.ndarray
    profile: np.ndarray
    track: Track
    used_before: np.ndarray
    lines_before: np.ndarray
    seen_before: np.ndarray
    variation: np.ndarray
    line_spread: np.ndarray
    inherited: np.ndarray
    season_before: np.ndarray | None = None

    @property
    def weeks(self):
        """Whole weeks of the past."""
        return self.weekly.shape[1]

    @property
    def first_day(self):
        """The day with which the first week begins; a few odd days lie before it."""
        return (self.used_before.shape[1] - 1) % DAYS

    def day_of(self, week):
        """The day with which ``week`` begins, a column of the sums."""
        return self.first_day + DAYS * week

    def lines_of_year(self, week):
        """Lines a day and units a line in the year before ``week``; 0 if none."""
        end = self.day_of(week)
        start = max(0, end - YEAR_DAYS)
        lines = self.lines_before[:, end] - self.lines_before[:, start]
        seen = self.seen_before[:, end] - self.seen_before[:, start]
        used = self.used_before[:, end] - self.used_before[:, start]
        rate = lines / np.maximum(seen, 1)
        return rate, used / np.maximum(lines, 1)

    def came_within(self, week, days):
        """Units of the ``days`` (items,) from ``week`` on, and whether they were seen.

        Seen to four fifths will do; the rest is taken at the average of the seen days.
        """
        row = np.arange(len(days))
        start = self.day_of(week)
        inside = start + days < self.used_before.shape[1]
        end = np.minimum(start + days, self.used_before.shape[1] - 1)
        came = self.used_before[row, end] - self.used_before[:, start]
        seen = self.seen_before[row, end] - self.seen_before[:, start]
        complete = inside & (seen >= 0.8 * days)
        return came * days / np.maximum(seen, 1), complete

    def mean_of_year(self, week):
        """Units a week in the year before ``week``, (items,); 0 if nothing was seen."""
        end = self.day_of(week)
        start = max(0, end - YEAR_WEEKS * DAYS)
        used = self.used_before[:, end] - self.used_before[:, start]
        seen = self.seen_before[:, end] - self.seen_before[:, start]
        return used * DAYS / np.maximum(seen, 1)

    def season_over(self, week, days):
        """Mean yearly index of the ``days`` (items,) from ``week`` on, (items,)."""
        if self.season_before is None:
            return np.float32(1)
        weeks = np.minimum(days / DAYS, yearly.YEAR - 1.001)
        row, whole = np.arange(len(days)), weeks.astype(int)
        end = self.season_before[row, week + whole]
        part = self.season_before[row, week + whole + 1] - end
        ahead = end + (weeks - whole) * part - self.season_before[:, week]
        return ahead / weeks

    def worst_interval(self, week, days, mine):
        """The most that ``days`` (items,) in a row took in the last two years, for the
        rare ones among the items of the mask ``mine``; 0 for the others.
        """
        worst = np.zeros(len(days), np.float32)
        end = self.day_of(week)
        rate, _size = self.lines_of_year(week)
        rows = np.flatnonzero(mine & (rate < RARE_LINES))
        if not len(rows):
            return worst
        start = np.arange(max(0, end - WORST_DAYS), end)[None, :]
        stop = np.minimum(start + days[rows, None], end)
        used = self.used_before[rows]
        took = np.take_along_axis(used, stop, 1) - used[:, start[0]]
        worst[rows] = took.max(1)
        return worst

    def ended(self, week):
        """Whether an item has gone out of use: silent for long, by its own measure."""
        end = self.day_of(week)
        lines = self.lines_before[:, : end + 1]
        last = lines[:, -1:]
        after = (lines < last).sum(1)  # the last line was on the day before this column
        silent = (
            self.seen_before[:, end] - self.seen_before[np.arange(len(last)), after]
        )
        gap = self.seen_before[:, end] / np.maximum(last.ravel(), 1)
        used = last.ravel() > 0
        return used & (silent > np.maximum(ENDED_DAYS, ENDED_GAPS * gap))


def observe(
    demand: Demand,
    weekday_pool: np.ndarray,
    first: int = 0,
    every: int = 1,
    season: Yearly | None = None,
) -> Picture:
    """Look at every item; states of the weeks from ``first`` (may be negative: from
    the end) on are kept. ``season`` is what its category teaches of the year."""
    quantity, unseen, inherited = _own_history(demand)
    weekly = weekly_use(quantity, unseen).astype(np.float32)
    weeks = weekly.shape[1]
    first = max(0, first if first >= 0 else weeks + first)
    quantity = np.where(unseen, 0, quantity)
    index = None
    if season is not None and weeks >= 2 * yearly.YEAR:
        index = season.index(weekly, demand.category).astype(np.float32)
        index = yearly.by_week(index, weeks)
    return Picture(
        weekly=weekly,
        profile=weekday_profile(quantity, weekday_pool).astype(np.float32),
        track=follow(
            weekly if index is None else weekly / index[:, :weeks], first, every
        ),
        used_before=_before(quantity, np.float32),
        lines_before=_before(quantity > 0, np.int16),
        seen_before=_before(~unseen, np.int16),
        variation=variation(weekly[:, -YEAR_WEEKS:]),
        line_spread=line_spread(quantity),
        inherited=inherited,
        season_before=None if index is None else _before(index, np.float32),
    )


def line_spread(quantity: np.ndarray) -> np.ndarray:
    """Squared variation of the size of an item's lines in two years, (items,).

    Drawn to one, that of an exponential distribution, where lines are few.

    >>> line_spread(np.array([[1.0, 0.0, 3.0] * 100])).round(2).tolist()
    [0.29]
    """
    quantity = quantity[:, -WORST_DAYS:]
    lines = (quantity > 0).sum(1)
    some = np.maximum(lines, 1)
    mean = quantity.sum(1) / some
    square = np.einsum("ij,ij->i", quantity, quantity, dtype=float) / some
    own = np.maximum(square / np.maximum(mean**2, 1e-12) - 1, 0)
    return (own * lines + USUAL_SPREAD * SPREAD_LINES) / (lines + SPREAD_LINES)


def _own_history(demand):
    """Demand without what was announced; a new item begins with its predecessor's."""
    quantity = np.asarray(demand.quantity, np.float32)
    unseen = demand.unseen
    if demand.known is not None:
        quantity = quantity - demand.known
    quantity = np.maximum(quantity, 0)
    inherited = demand.predecessor != NO_ITEM
    if inherited.any():
        unseen = unseen.copy()
        heir, parent = np.flatnonzero(inherited), demand.predecessor[inherited]
        before = np.cumsum(~demand.unseen[heir], axis=1) == 0
        quantity[heir] = np.where(before, quantity[parent], quantity[heir])
        unseen[heir] = np.where(before, demand.unseen[parent], demand.unseen[heir])
    return quantity, unseen, inherited


def _before(daily, dtype):
    total = np.zeros((daily.shape[0], daily.shape[1] + 1), dtype)
    np.cumsum(daily, axis=1, dtype=dtype, out=total[:, 1:])
    return total

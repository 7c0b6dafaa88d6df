"""Forecasts of whole periods (months, weeks or days) of many series at once.

Calendar out, season out, three simple forecasts blended by how wrong each was on the
series' own past, season and calendar in again:

    forecast = calendar * season * sum of weight * simple forecast

The calendar is chosen for the panel, the weights for each series, both by rolling
origin inside what is given. Errors of one series are noisy, so half of its weight comes
from the panel.

Sources: Theta as exponential smoothing with drift, Hyndman & Billah, IJF 19 (2003);
damping, Gardner & McKenzie, Management Science 31 (1985); blends, Petropoulos &
Svetunkov, IJF 36 (2020).
"""

from dataclasses import dataclass, field

import numpy as np
from core.forecast import GAINS

from bench._season import seasonal_index, working_days

#: Periods in the cycle that is looked for.
CYCLES = {"M": 12, "W": 52, "D": 7}
#: How much a Monday ... a Sunday counts in a month; the panel chooses.
CALENDARS = {
    "none": None,
    "days": (1, 1, 1, 1, 1, 1, 1),
    "half weekends": (1, 1, 1, 1, 1, 0.5, 0.5),
    "third weekends": (1, 1, 1, 1, 1, 0.35, 0.25),
    "working days": (1, 1, 1, 1, 1, 0, 0),
}
METHODS = ("level", "damped theta", "mean of a cycle")
DAMPING = 0.96
#: A series has a season and a trend if it has use in this share of its periods.
REGULAR = 0.6
WARM_UP = 4
#: Share of the panel in a series' weights, and how sharply weights follow errors.
PANEL_SHARE, SHARPNESS = 0.5, 4.0
#: How far a gain's better fit is believed: full evidence (0.5) follows luck.
BELIEF = 0.3
#: Origins of the back-test, in horizons before the end.
ORIGINS = (2.0, 1.5, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """``past`` (series, periods), ``freq`` a key of CYCLES, ``first`` the first period
    ("2000-01" or a date); ``pool`` (series,) numbers the pools of seasons."""

    past: np.ndarray
    freq: str
    first: str | None = None
    pool: np.ndarray | None = field(default=None)

    @property
    def cycle(self):
        """Periods after which the season comes again."""
        return CYCLES[self.freq]

    def until(self, periods):
        """The first ``periods`` periods, as if no more were known."""
        return Series(self.past[:, :periods], self.freq, self.first, self.pool)

    def calendar(self, name, periods):
        """Working days of ``periods`` periods from the first, or None."""
        weights = CALENDARS[name]
        if weights is None or self.freq != "M" or self.first is None:
            return None
        return working_days(self.first, periods, weights)


@dataclass(frozen=True, slots=True, eq=False)
class Blend:
    """``mean`` (series, horizon), the chosen ``calendar``, ``weight`` (series, methods)
    and the past error of each method, scaled by the naive error, (series, methods)."""

    mean: np.ndarray
    calendar: str
    weight: np.ndarray
    error: np.ndarray


def blend(series: Series, horizon: int) -> Blend:
    """Forecast ``horizon`` periods of each series."""
    errors = {name: _past_errors(series, horizon, name) for name in _calendars(series)}
    calendar = min(errors, key=lambda name: errors[name].mean())
    error = errors[calendar]
    panel = error.mean(0)
    own = error / np.maximum(error.mean(1, keepdims=True), 1e-9)
    score = (1 - PANEL_SHARE) * own + PANEL_SHARE * panel / max(panel.mean(), 1e-9)
    weight = np.maximum(score, 1e-6) ** -SHARPNESS
    weight /= weight.sum(1, keepdims=True)
    parts = simple_forecasts(series, horizon, calendar)
    mean = sum(weight[:, [i]] * parts[name] for i, name in enumerate(METHODS))
    return Blend(mean, calendar, weight, error)


def simple_forecasts(series: Series, horizon: int, calendar: str) -> dict:
    """Each method's forecast, (series, horizon), with season and calendar in it."""
    periods = series.past.shape[1]
    regular = (series.past > 0).mean(1) >= REGULAR
    days = series.calendar(calendar, periods + horizon)
    factor = (
        np.ones(periods + horizon) if days is None else days / days[:periods].mean()
    )
    past = series.past / factor[:periods]
    index = np.ones((len(past), series.cycle))
    if regular.any():
        pool = None if series.pool is None else series.pool[regular]
        index[regular] = seasonal_index(past[regular], series.cycle, pool)
    place = np.arange(periods + horizon) % series.cycle
    plain = past / index[:, place[:periods]]
    ahead = index[:, place[periods:]] * factor[periods:]
    found = _on_plain(plain, horizon, series.cycle, regular)
    return {name: np.maximum(value * ahead, 0) for name, value in found.items()}


def _calendars(series):
    return CALENDARS if series.freq == "M" and series.first else ("none",)


def _past_errors(series, horizon, calendar):
    """Mean absolute error of each method at past origins, in naive errors."""
    periods = series.past.shape[1]
    found = []
    for share in ORIGINS:
        cut = periods - int(round(share * horizon))
        if cut < max(2 * WARM_UP, horizon // 2):
            continue
        came = series.past[:, cut : cut + horizon]
        known = series.until(cut)
        parts = simple_forecasts(known, came.shape[1], calendar)
        scale = naive_error(known.past, series.cycle)
        found.append(
            np.stack([np.abs(parts[n] - came).mean(1) / scale for n in METHODS], 1)
        )
    if not found:
        return np.ones((len(series.past), len(METHODS)))
    return np.mean(found, 0)


def naive_error(past, cycle):
    """Mean error of the value one cycle before (or one period, in short pasts)."""
    lag = cycle if past.shape[1] > cycle else 1
    return np.abs(past[:, lag:] - past[:, :-lag]).mean(1) + 1e-9


def _on_plain(plain, horizon, cycle, regular):
    periods = plain.shape[1]
    level, squares = _levels(plain)
    score = BELIEF * periods * np.log(np.maximum(squares, 1e-12))
    weight = np.exp(score.min(1, keepdims=True) - score)
    weight /= weight.sum(1, keepdims=True)
    blended, gain = (level * weight).sum(1), (GAINS * weight).sum(1)
    half_slope = np.where(regular, _slope(plain) / 2, 0)
    return {
        "level": np.repeat(blended[:, None], horizon, 1),
        "damped theta": _theta(blended, half_slope, gain, periods, horizon),
        "mean of a cycle": np.repeat(plain[:, -cycle:].mean(1)[:, None], horizon, 1),
    }


def _levels(plain):
    """Last level and squared errors of each gain, (series, gains)."""
    start = plain[:, :6].mean(1)[:, None]
    level = np.repeat(start, len(GAINS), 1)
    squares = np.zeros_like(level)
    for period in range(plain.shape[1]):
        error = plain[:, period, None] - level
        if period >= WARM_UP:
            squares += error * error
        level += GAINS * error
    return level, squares


def _slope(plain):
    """Slope of the straight line through each series, units a period."""
    x = np.arange(plain.shape[1]) - (plain.shape[1] - 1) / 2
    return (plain * x).sum(1) / max((x * x).sum(), 1e-9)


def _theta(level, half_slope, gain, periods, horizon):
    """Level with half of the straight line's slope as a drift that fades."""
    steps = np.cumsum(DAMPING ** np.arange(horizon)) - 1
    start = (1 - (1 - gain) ** periods) / gain
    return level[:, None] + half_slope[:, None] * (steps + start[:, None])

"""What repeats within a week; the year is in ``yearly.py``.

Each item's own pattern is noisy, so it is drawn to that of its pool, as far as its own
evidence does not speak against it (empirical Bayes: Efron & Morris, JASA 70 (1975)).
Indices are multiplicative and average one.
"""

import numpy as np

#: An item's weekday profile counts as much as this many days with use.
WEEKDAY_PRIOR = 60.0


def weekday_pool(daily: np.ndarray) -> np.ndarray:
    """Share of the days with use that falls on each place in the week, (7,).

    ``daily`` (items, days) ends with the last day of a week; place 0 is the first day
    of these weeks, so tomorrow.
    """
    lines = _by_place(daily > 0).sum(0)
    return (lines + 1.0) / (lines.sum() + 7.0)


def weekday_profile(daily: np.ndarray, pool: np.ndarray) -> np.ndarray:
    """Index of each place in the week, (items, 7), averaging one.

    >>> even = np.full(7, 1 / 7)
    >>> weekday_profile(np.array([[0.0] * 7]), even).round(6).tolist()
    [[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]
    """
    used = _by_place(daily)
    lines = _by_place(daily > 0).sum(1, keepdims=True)
    share = used / np.maximum(used.sum(1, keepdims=True), 1e-9)
    return 7 * (share * lines + pool * WEEKDAY_PRIOR) / (lines + WEEKDAY_PRIOR)


def weeks_within(profile: np.ndarray, days: np.ndarray, start: int = 0) -> np.ndarray:
    """How many weeks' worth of demand fall into ``days`` from place ``start`` on.

    >>> float(weeks_within(np.ones((1, 7)), np.array([14]))[0])
    2.0
    """
    turned = np.roll(profile, -start, axis=1)
    part = np.cumsum(np.pad(turned, ((0, 0), (1, 0))), axis=1)
    whole, rest = np.divmod(days, 7)
    return (whole * part[:, -1] + part[np.arange(len(profile)), rest]) / 7


def _by_place(daily):
    """Sums by place in the week, (items, 7), of whole weeks to the last day."""
    weeks = daily.shape[1] // 7
    whole = daily[:, daily.shape[1] - weeks * 7 :]
    return whole.reshape(len(daily), weeks, 7).sum(1)

"""What repeats: the days of the week, the months of the year, the working days.

Each item's own pattern is noisy, so it is drawn to that of its pool, as far as its own
evidence does not speak against it (empirical Bayes: Efron & Morris, JASA 70 (1975)).
Indices are multiplicative and average one.
"""

import numpy as np

#: An item's weekday profile counts as much as this many days with use.
WEEKDAY_PRIOR = 60.0
#: Seasons are looked for when there are two whole years and a little more.
SEASONS_FROM_CYCLES = 2
MONDAY = 4  # 1970-01-01 was a Thursday: day number 4 is a Monday


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


def seasonal_index(
    series: np.ndarray, cycle: int, pool: np.ndarray | None = None
) -> np.ndarray:
    """Indices by place in the cycle, (items, cycle); place = column modulo ``cycle``.

    Ratio to the centred moving average, drawn to the profile of the pool:

        index = pool + V / (V + s^2 / k) * (raw - pool)

    s^2 is the noise of one ratio, k the cycles seen, V what of the item's own spread
    is more than noise. ``pool`` (items,) numbers the pools; None is one for all.

    >>> monthly = np.tile([8.0, 12.0], 6)[None]
    >>> seasonal_index(monthly, 2).round(3).tolist()
    [[0.8, 1.2]]
    """
    items, periods = series.shape
    if periods < SEASONS_FROM_CYCLES * cycle + 1:
        return np.ones((items, cycle))
    raw, noise, count = _ratios(series, cycle)
    profile = np.ones((items, cycle))
    for number in [None] if pool is None else np.unique(pool):
        mine = slice(None) if number is None else pool == number
        weight = 1 / np.maximum(noise[mine], 1e-3)
        profile[mine] = (raw[mine] * weight[:, None]).sum(0) / weight.sum()
    noise_of_mean = noise[:, None] / count
    own = np.maximum(((raw - profile) ** 2 - noise_of_mean).mean(1), 0)[:, None]
    index = profile + own / (own + noise_of_mean + 1e-12) * (raw - profile)
    return np.clip(index / index.mean(1, keepdims=True), 0.05, 5)


def working_days(first_month, months: int, weights) -> np.ndarray:
    """Working days of ``months`` months from ``first_month`` ("2024-01").

    ``weights`` (7,) says how much a Monday ... a Sunday counts.

    >>> working_days("2024-02", 1, (1, 1, 1, 1, 1, 0, 0)).tolist()
    [21.0]
    """
    start = np.datetime64(first_month, "M")
    edges = (start + np.arange(months + 1)).astype("M8[D]")
    days = np.arange(edges[0], edges[-1])
    weekday = (days.astype(int) - MONDAY) % 7
    worth = np.concatenate([[0.0], np.cumsum(np.asarray(weights, float)[weekday])])
    at = (edges - edges[0]).astype(int)
    return worth[at[1:]] - worth[at[:-1]]


def _by_place(daily):
    """Sums by place in the week, (items, 7), of whole weeks to the last day."""
    weeks = daily.shape[1] // 7
    whole = daily[:, daily.shape[1] - weeks * 7 :]
    return whole.reshape(len(daily), weeks, 7).sum(1)


def _ratios(series, cycle):
    """Raw indices, noise of one ratio and how often each place was seen."""
    kernel = np.ones(cycle + 1)
    kernel[[0, -1]] = 0.5
    kernel /= cycle
    width = series.shape[1] - cycle
    average = sum(part * series[:, i : i + width] for i, part in enumerate(kernel))
    offset = cycle // 2
    ratio = series[:, offset : offset + width] / np.maximum(average, 1e-9)
    ratio = np.clip(ratio, 0, 5)
    place = (np.arange(width) + offset) % cycle
    at = [place == number for number in range(cycle)]
    raw = np.stack([ratio[:, mask].mean(1) for mask in at], 1)
    spread = [ratio[:, m].var(1, ddof=1) for m in at if m.sum() > 1]
    noise = np.mean(spread, 0) if spread else raw.var(1)
    raw = raw / np.maximum(raw.mean(1, keepdims=True), 1e-9)
    return raw, noise, np.array([mask.sum() for mask in at])

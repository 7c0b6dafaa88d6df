"""The season of a table of series, and the working days of months."""

import numpy as np

#: Cycles that must have been seen whole.
SEASONS_FROM_CYCLES = 2
MONDAY = 4  # 1970-01-01 was a Thursday: day number 4 is a Monday


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

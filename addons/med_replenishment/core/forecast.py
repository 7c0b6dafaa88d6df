"""Use by week, and the gains by which it is smoothed; see ``levels.py``.

Arrays are (items, days) or (items, weeks), the oldest first.
"""

import numpy as np

DAYS = 7
GAINS = np.array([0.02, 0.05, 0.08, 0.12, 0.16, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8])


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

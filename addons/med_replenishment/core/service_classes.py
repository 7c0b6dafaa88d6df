"""XYZ and FSN: how an item is used.

XYZ at a coefficient of variation of 0.5 and 1.0 of weekly use; FSN by the days since
the last use.
"""

import numpy as np

XYZ_VARIATION = (0.5, 1.0)
FSN_DAYS = (90, 365)


def xyz_classes(weekly: np.ndarray) -> np.ndarray:
    """ "X" steady, "Y" varying, "Z" erratic, by the weeks of ``weekly`` (items, weeks).

    >>> xyz_classes(np.array([[10.0, 10, 10, 10], [0, 40, 0, 0]])).tolist()
    ['X', 'Z']
    """
    return np.array(list("XYZ"))[np.searchsorted(XYZ_VARIATION, variation(weekly))]


def fsn_classes(days_since_use: np.ndarray) -> np.ndarray:
    """ "F" fast, "S" slow, "N" not moving, by days since the last use.

    >>> fsn_classes(np.array([3, 90, 400])).tolist()
    ['F', 'S', 'N']
    """
    place = np.searchsorted(FSN_DAYS, days_since_use, "right")
    return np.array(list("FSN"))[place]


def variation(weekly: np.ndarray) -> np.ndarray:
    """Coefficient of variation of the seen weeks, (items,); without use it is high."""
    seen = np.isfinite(weekly)
    count = np.maximum(seen.sum(1), 1)
    mean = np.where(seen, weekly, 0).sum(1) / count
    squares = np.where(seen, (weekly - mean[:, None]) ** 2, 0).sum(1) / count
    return np.sqrt(squares) / np.maximum(mean, 1e-9)

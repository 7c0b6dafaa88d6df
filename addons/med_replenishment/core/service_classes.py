"""ABC by value, VED by committee, XYZ and FSN by how an item is used.

Sources: ABC-VED matrix, Khurana, Chhillar & Gautam, J. Natl. Med. Assoc. (2013); ABC at
70 and 90 % of the yearly value; XYZ at a coefficient of variation of 0.5 and 1.0 of
weekly use; FSN by the days since the last use.
"""

import numpy as np

ABC_SHARES = (0.70, 0.90)
XYZ_VARIATION = (0.5, 1.0)
FSN_DAYS = (90, 365)
#: What a missed line counts, by VED. Vital items have a fill target of their own.
VED_WEIGHT = {"V": 6.0, "E": 2.0, "D": 1.0}
#: The same line counts a little more where use is steady: a miss is then no fate.
XYZ_WEIGHT = {"X": 1.2, "Y": 1.0, "Z": 0.8}
#: ... and a little less where much money is bound.
ABC_WEIGHT = {"A": 0.9, "B": 1.0, "C": 1.1}


def abc_classes(yearly_value: np.ndarray) -> np.ndarray:
    """ "A", "B" or "C" of each item, by its place in the sorted value.

    An item is of the class in which its value begins, so there is always an A.

    >>> abc_classes(np.array([70.0, 20.0, 6.0, 4.0])).tolist()
    ['A', 'B', 'C', 'C']
    """
    order = np.argsort(-yearly_value, kind="stable")
    value = yearly_value[order]
    before = np.cumsum(value) - value
    share = before / max(value.sum(), 1e-12)
    classes = np.empty(len(value), "U1")
    classes[order] = np.array(list("ABC"))[np.searchsorted(ABC_SHARES, share, "right")]
    classes[yearly_value <= 0] = "C"
    return classes


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


def service_weight(ved, abc=None, xyz=None, override=None) -> np.ndarray:
    """What a missed line of each item counts, (items,).

    The product of the three weights. ``override`` (items,), where finite, is what the
    department has set instead.

    >>> service_weight(np.array(["V", "D"]), np.array(["A", "C"])).round(2).tolist()
    [5.4, 1.1]
    """
    weight = _look_up(VED_WEIGHT, ved)
    if abc is not None:
        weight = weight * _look_up(ABC_WEIGHT, abc)
    if xyz is not None:
        weight = weight * _look_up(XYZ_WEIGHT, xyz)
    if override is not None:
        weight = np.where(np.isfinite(override), override, weight)
    return weight


def _look_up(weights, classes):
    """The weight of each class; 1 where an item has none."""
    return np.array([weights.get(one, 1.0) for one in np.asarray(classes).tolist()])

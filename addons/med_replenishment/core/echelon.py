"""A store and the shelves that it fills, planned together.

Each shelf holds safety stock for the days until the store has brought something; the
store holds safety stock for the days until the supplier has. What lies safely on the
shelves protects the same patients as what lies safely in the store, so the store need
not hold it again: its safety stock is that of the whole system (all demand over the
supplier's lead time) less what the shelves hold, but never less than half, since a
store that is always empty makes every shelf wait.

Source: Clark & Scarf, Management Science 6 (1960): echelon stock; Silver, Pyke & Thomas
(2017), ch. 11 (base-stock control of two echelons).
"""

import numpy as np

#: Of its own safety stock the store keeps at least this share.
KEPT = 0.5


def held_below(safety: np.ndarray, shelves: np.ndarray) -> np.ndarray:
    """Units of ``safety`` (stores,) that need not be held again, (stores,).

    ``shelves`` (stores,) is the safety stock on the shelves that each store fills; both
    in units.

    >>> held_below(np.array([100.0, 100.0]), np.array([30.0, 90.0])).tolist()
    [30.0, 50.0]
    """
    return np.minimum(np.maximum(shelves, 0.0), (1.0 - KEPT) * np.maximum(safety, 0.0))

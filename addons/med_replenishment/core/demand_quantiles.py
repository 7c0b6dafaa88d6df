"""Quantiles of demand over the protection interval."""

import numpy as np

from .error_table import LEVELS, ErrorTable
from .reorder_search import Exposure

#: Which quantiles are given.
SHARES = np.array([0.5, 0.8, 0.9, 0.95, 0.98])


def interval_quantiles(exposure: Exposure, errors: ErrorTable) -> np.ndarray:
    """Whole units, (items, len(SHARES)), rising along each row."""
    return quantiles_of(exposure.mean, exposure.deviation, exposure.pool, errors)


def quantiles_of(mean, deviation, pool, errors: ErrorTable) -> np.ndarray:
    """The same of a mean and deviation, (items,), whose errors are of ``pool``."""
    table = np.stack([np.interp(SHARES, LEVELS, row) for row in errors.quantile])
    units = mean[:, None] + table[pool] * deviation[:, None]
    return np.ceil(np.maximum(units, 0) - 1e-6)

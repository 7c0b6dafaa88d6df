"""What of an order will be too old before it is used.

Sources: Broekmeulen & van Donselaar, Computers & Operations Research 36 (2009), for the
stock that is not counted because it will expire; the gamma distribution of demand over
a life by Wilson & Hilferty's cube root (PNAS 17, 1931).
"""

import numpy as np

from .error_table import normal_cdf
from .panel import ENDLESS

#: Spread of the life that is left at the receipt, as a share of its mean.
LIFE_VARIATION = 0.19


def _gamma_cdf(x, shape, scale):
    cube = np.cbrt(np.maximum(x, 0) / (shape * scale))
    return normal_cdf(3 * np.sqrt(shape) * (cube - 1 + 1 / (9 * shape)))


def unused(level, mean, variance):
    """E[(level - D)+], units of ``level`` that gamma demand D does not take.

    With shape k and scale t:  x F(x; k, t) - k t F(x; k + 1, t)
    """
    shape = np.maximum(mean, 1e-9) ** 2 / np.maximum(variance, 1e-9)
    shape = np.clip(shape, 0.05, 1e6)
    scale = np.maximum(mean, 1e-9) / shape
    left = level * _gamma_cdf(level, shape, scale)
    left = left - mean * _gamma_cdf(level, shape + 1, scale)
    return np.clip(left, np.maximum(level - mean, 0), np.maximum(level, 0))


def expected_outdating(level, order, life_mean, life_variance):
    """Units of one order that expire, when it makes the stock ``level``.

    First expired, first out: of what stands before it, only what this order adds is
    counted, so that no unit is scrapped twice.

        U(level) - U(level - order),   U(x) = E[(x - demand over its life)+]
    """
    more = unused(level, life_mean, life_variance)
    less = unused(np.maximum(level - order, 0), life_mean, life_variance)
    return np.maximum(more - less, 0)


def demand_over_life(units, variance):
    """Mean and variance of demand over a usable life that varies itself, (items,)."""
    return units, np.maximum(variance, units) + (units * LIFE_VARIATION) ** 2


def expiring_unused(by_week: np.ndarray, daily_mean: np.ndarray, days_left, horizon):
    """Units on hand that will expire unused within ``horizon`` days, (items,).

    ``by_week`` (items, weeks) is stock by the week of its expiry, the nearest first;
    week j is usable for ``days_left + 7 j`` days more. These units are no cover and are
    not counted in the inventory position.

    >>> expiring_unused(np.array([[10.0, 0.0]]), np.array([1.0]), 4, np.array([14]))
    array([6.])
    """
    days = days_left + 7 * np.arange(by_week.shape[1])
    gone = np.cumsum(by_week, axis=1) - daily_mean[:, None] * days
    gone = np.where(days <= horizon[:, None], gone, 0)
    return np.maximum(gone.max(1, initial=0), 0)


def perishable(shelf_days):
    """Whether an item can expire at all."""
    return shelf_days < ENDLESS

"""How wrong forecasts of the protection interval were, pooled by kind of item.

Errors of past forecasts are standardised, (came - foreseen) / deviation, and pooled
over items whose weekly use varies alike. So a new or rare item knows the shape of its
risk from hundreds of past cases, and no distribution is assumed.

Source: the use of pooled, standardised residuals follows Boylan & Syntetos,
Intermittent Demand Forecasting (2021), ch. 11, and Bowman, IJF 38 (2022).
"""

from dataclasses import dataclass

import numpy as np

#: Smallest number of items in a pool, and the largest number of pools.
POOL_ITEMS, POOLS = 25, 12
#: Where losses are tabulated, in deviations.
STEP = 0.1
LOW, HIGH = -6.0, 16.0
GRID = np.arange(LOW, HIGH + STEP / 2, STEP)
#: Probabilities between which decisions are searched.
TAIL = np.concatenate([[0.35, 0.5, 0.6, 0.7], 1 - np.geomspace(0.22, 6e-4, 18)])
#: Quantiles that are stored for any other use.
LEVELS = np.concatenate([np.arange(0.01, 0.95, 0.01), 1 - np.geomspace(0.05, 5e-4, 26)])


@dataclass(frozen=True, slots=True, eq=False)
class ErrorTable:
    """Pools by coefficient of variation of weekly use; ``edges`` (pools - 1,).

    ``loss`` (pools, GRID) is E[(Z - k)+] at k = GRID; ``tail`` (pools, TAIL) and
    ``quantile`` (pools, LEVELS) are quantiles of Z.
    """

    edges: np.ndarray
    loss: np.ndarray
    tail: np.ndarray
    quantile: np.ndarray

    def pool_of(self, variation):
        """The pool of each item by its ``variation`` (items,)."""
        return np.searchsorted(self.edges, variation)

    def expected_loss(self, pool, standardised):
        """E[(Z - k)+] for ``standardised`` (items, ...) of the items' ``pool``.

        Linear between the points of the grid; below it Z - k is never negative. The
        array given is worked in and lost: this is most of what a plan costs.
        """
        place = standardised
        place -= LOW
        place *= 1 / STEP
        below = np.minimum(place, 0)
        np.clip(place, 0, len(GRID) - 1.001, out=place)
        index = place.astype(np.int32)
        place -= index
        shape = (-1,) + (1,) * (place.ndim - 1)
        index += (pool * len(GRID)).astype(np.int32).reshape(shape)
        rise = np.diff(self.loss, axis=1, append=0).astype(place.dtype).ravel()
        place *= rise.take(index)
        place += self.loss.astype(place.dtype).ravel().take(index)
        below *= STEP
        place -= below
        return place


def pool_edges(variation: np.ndarray) -> np.ndarray:
    """Edges that split the items into pools of equal size.

    >>> len(pool_edges(np.arange(50.0)))
    1
    """
    pools = int(np.clip(len(variation) // POOL_ITEMS, 1, POOLS))
    if pools == 1:
        return np.zeros(0)
    return np.quantile(variation, np.linspace(0, 1, pools + 1)[1:-1])


def error_table(variation: np.ndarray, errors: np.ndarray) -> ErrorTable:
    """Tables from ``errors`` (items, origins), NaN where there is none."""
    edges = pool_edges(variation)
    pool = np.searchsorted(edges, variation)
    everything = _clean(errors)
    tables = []
    for number in range(len(edges) + 1):
        found = _clean(errors[pool == number])
        tables.append(_tabulate(found if len(found) >= POOL_ITEMS else everything))
    return ErrorTable(
        edges, *(np.stack(column) for column in zip(*tables, strict=True))
    )


def _clean(errors):
    return np.sort(errors[np.isfinite(errors)])


def _tabulate(errors):
    if not len(errors):
        errors = _STANDARD_NORMAL
    above = np.concatenate([np.cumsum(errors[::-1])[::-1], [0.0]])
    index = np.searchsorted(errors, GRID, "right")
    loss = (above[index] - GRID * (len(errors) - index)) / len(errors)
    return np.maximum(loss, 0), np.quantile(errors, TAIL), np.quantile(errors, LEVELS)


def normal_cdf(x):
    """Distribution function of the standard normal, by table (numpy has no erf)."""
    return np.interp(x, _X, _CDF)


def normal_quantile(share):
    """Quantile of the standard normal, by the same table.

    >>> round(float(normal_quantile(0.975)), 3)
    1.96
    """
    return np.interp(share, _CDF, _X)


def gamma_quantile(mean, deviation, share):
    """Quantile of a gamma distribution by Wilson & Hilferty's cube root.

    >>> float(gamma_quantile(10.0, 0.0, 0.9))
    10.0
    """
    variation2 = (deviation / np.maximum(mean, 1e-9)) ** 2
    z = normal_quantile(share)
    cube = 1 - variation2 / 9 + z * np.sqrt(variation2) / 3
    return mean * np.maximum(cube, 0.05) ** 3


_X = np.linspace(-8, 8, 3201)
_PDF = np.exp(-(_X**2) / 2) / np.sqrt(2 * np.pi)
_CDF = np.concatenate([[0.0], np.cumsum((_PDF[1:] + _PDF[:-1]) / 2 * (_X[1] - _X[0]))])
_CDF /= _CDF[-1]
_STANDARD_NORMAL = np.interp((np.arange(2000) + 0.5) / 2000, _CDF, _X)

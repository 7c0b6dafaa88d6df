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
TAIL = np.concatenate(
    [
        [0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.58, 0.66, 0.73],
        1 - np.geomspace(0.21, 6e-4, 15),
    ]
)
#: Quantiles that are stored for any other use.
LEVELS = np.concatenate([np.arange(0.01, 0.95, 0.01), 1 - np.geomspace(0.05, 5e-4, 26)])


@dataclass(frozen=True, slots=True, eq=False)
class ErrorTable:
    """Pools by coefficient of variation of weekly use; ``edges`` (pools - 1,).

    ``loss`` (pools, GRID) is E[(Z - k)+] at k = GRID; ``tail`` (pools, TAIL) and
    ``quantile`` (pools, LEVELS) are quantiles of Z. ``lead_loss`` is the loss of errors
    over the lead time alone: the shorter the time, the more they are skewed.
    """

    edges: np.ndarray
    loss: np.ndarray
    tail: np.ndarray
    quantile: np.ndarray
    lead_loss: np.ndarray

    def losses(self, pool, standardised, lead=False):
        """P(Z > k), G = E[(Z - k)+] and the sum of G from k on, of ``standardised`` k
        (items, ...), for errors of the items' ``pool``.

        G is linear between the points of the grid, and below it Z - k is never
        negative. The array given is worked in and lost: this is most of what a plan
        costs.
        """
        table = (self.lead_loss if lead else self.loss).astype(standardised.dtype)
        beyond = _sums_from(table).ravel()
        table = table.ravel()
        place = standardised
        place -= LOW
        below = np.minimum(place, 0)
        place *= 1 / STEP
        np.clip(place, 0, len(GRID) - 1.001, out=place)
        index = place.astype(np.int32)
        place -= index
        shape = (-1,) + (1,) * (place.ndim - 1)
        index += (pool * len(GRID)).astype(np.int32).reshape(shape)
        loss = table.take(index)
        index += 1
        after = table.take(index)
        share = loss - after
        loss -= share * place
        np.subtract(1, place, out=place)
        place *= STEP / 2
        place *= loss + after
        place += beyond.take(index)
        place += below * (below / 2 - loss)
        loss -= below
        share *= 1 / STEP
        return share, loss, place


def _sums_from(loss):
    """The sum of each ``loss`` (pools, GRID) from each point on, by trapezoids."""
    parts = (loss[:, 1:] + loss[:, :-1]) * (STEP / 2)
    sums = np.cumsum(parts[:, ::-1], axis=1)[:, ::-1]
    return np.pad(sums, ((0, 0), (0, 1))).astype(loss.dtype)


def pool_edges(variation: np.ndarray) -> np.ndarray:
    """Edges that split the items into pools of equal size.

    >>> len(pool_edges(np.arange(50.0)))
    1
    """
    pools = int(np.clip(len(variation) // POOL_ITEMS, 1, POOLS))
    if pools == 1:
        return np.zeros(0)
    return np.quantile(variation, np.linspace(0, 1, pools + 1)[1:-1])


def error_table(
    variation: np.ndarray, errors: np.ndarray, lead_errors: np.ndarray
) -> ErrorTable:
    """Tables from errors (items, origins) over lead time and review, and over the lead
    time alone; NaN where there is none."""
    edges = pool_edges(variation)
    pool = np.searchsorted(edges, variation)
    errors, lead_errors = (
        [_of_pool(some, pool, number) for number in range(len(edges) + 1)]
        for some in (errors, lead_errors)
    )
    return ErrorTable(
        edges,
        loss=np.stack([_loss(found) for found in errors]),
        tail=np.stack([np.quantile(found, TAIL) for found in errors]),
        quantile=np.stack([np.quantile(found, LEVELS) for found in errors]),
        lead_loss=np.stack([_loss(found) for found in lead_errors]),
    )


def _of_pool(errors, pool, number):
    """The sorted errors of a pool; those of all, or a normal's, where it has few."""
    for some in (errors[pool == number], errors):
        found = np.sort(some[np.isfinite(some)])
        if len(found) >= POOL_ITEMS:
            return found
    return found if len(found) else _STANDARD_NORMAL


def _loss(errors):
    above = np.concatenate([np.cumsum(errors[::-1])[::-1], [0.0]])
    index = np.searchsorted(errors, GRID, "right")
    return np.maximum(above[index] - GRID * (len(errors) - index), 0) / len(errors)


def normal_cdf(x):
    """Distribution function of the standard normal, good to 2e-4 (numpy has no erf).

    Source: Page, Applied Statistics 26 (1977).

    >>> float(normal_cdf(0.0)), round(float(normal_cdf(1.96)), 3)
    (0.5, 0.975)
    """
    return 0.5 + 0.5 * np.tanh(x * (0.7978846 + 0.0356774 * x * x))


def normal_quantile(share):
    """Quantile of the standard normal, by table.

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

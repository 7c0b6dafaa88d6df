"""Lead time: what was promised, corrected by what was delivered.

Few receipts say little, so the measured mean and spread are drawn to the promise, which
counts as much as ``PROMISE_WEIGHT`` receipts (a normal prior on the mean; Gelman and
others, Bayesian Data Analysis, 3rd ed., 2.5). A promise never measured is believed to
within ``PROMISE_SPREAD`` of itself.
"""

from dataclasses import dataclass
from math import sqrt

PROMISE_WEIGHT = 4
PROMISE_SPREAD = 0.25


@dataclass(frozen=True, slots=True)
class LeadTime:
    """Days from the order to the shelf: mean and standard deviation."""

    mean: float
    deviation: float


def lead_time(
    promised: float, receipts: int = 0, mean: float = 0.0, variance: float = 0.0
) -> LeadTime:
    """The lead time to plan with, in days.

    ``receipts`` were measured, with this ``mean`` (days) and ``variance`` (days
    squared). Both parts spread around the common mean.

    >>> lead_time(promised=10)
    LeadTime(mean=10.0, deviation=2.5)
    >>> lead_time(promised=10, receipts=4, mean=14, variance=4).mean
    12.0
    """
    weight = PROMISE_WEIGHT + receipts
    both = (PROMISE_WEIGHT * promised + receipts * mean) / weight
    promise_variance = (PROMISE_SPREAD * promised) ** 2 + (promised - both) ** 2
    receipt_variance = variance + (mean - both) ** 2
    spread = PROMISE_WEIGHT * promise_variance + receipts * receipt_variance
    return LeadTime(both, sqrt(spread / weight))

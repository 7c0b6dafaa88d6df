"""Lead time: what was promised; how deliveries correct it: ``supplier_lead.py``.

Few receipts say little, so the measured mean and spread are drawn to the promise, which
counts as much as ``PROMISE_WEIGHT`` receipts (a normal prior on the mean; Gelman and
others, Bayesian Data Analysis, 3rd ed., 2.5). A promise never measured is believed to
within ``PROMISE_SPREAD`` of itself.
"""

from dataclasses import dataclass

PROMISE_WEIGHT = 4
PROMISE_SPREAD = 0.25


@dataclass(frozen=True, slots=True)
class LeadTime:
    """Days from the order to the shelf: mean and standard deviation."""

    mean: float
    deviation: float

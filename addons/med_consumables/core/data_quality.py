"""The data-quality score: of what was looked at, how much is in order.

Each kind of fault looks at a number of things (items, lots, stock lines) and finds some
faulty. Its share in order counts by its weight:

    score = 100 * sum(weight * (1 - faulty / checked)) / sum(weight)

over the kinds that had something to look at. Weights say what hurts patients and
accounts most; they are printed beside the figure.
"""

from collections.abc import Iterable
from dataclasses import dataclass

WEIGHTS = {
    "hospital_code": 1,
    "charge_code": 2,
    "insurance_code": 2,
    "di": 2,
    "duplicate_code": 3,
    "near_name": 1,
    "unit_conflict": 3,
    "missing_lot": 3,
    "missing_expiry": 3,
    "negative_stock": 3,
}


@dataclass(frozen=True, slots=True)
class Check:
    """One kind of fault: how many things were looked at, how many are faulty."""

    kind: str
    checked: int
    faulty: int

    @property
    def share(self) -> float:
        """The share in order, 0 to 1; 1 where there was nothing to look at."""
        if not self.checked:
            return 1.0
        return 1 - min(self.faulty, self.checked) / self.checked


def score(checks: Iterable[Check]) -> float | None:
    """0 (all wrong) to 100 (all in order); None where nothing was looked at.

    >>> score([Check("di", 10, 5), Check("missing_lot", 4, 0), Check("di", 0, 0)])
    80.0
    """
    looked = [check for check in checks if check.checked]
    total = sum(WEIGHTS[check.kind] for check in looked)
    if not total:
        return None
    return 100 * sum(WEIGHTS[check.kind] * check.share for check in looked) / total

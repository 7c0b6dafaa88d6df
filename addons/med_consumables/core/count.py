"""Counting: when a shelf is due, and whether what was counted is right."""

from collections.abc import Mapping
from datetime import date, timedelta

CLASSES = ("A", "B", "C")


def due_on(last: date, abc: str | None, days: Mapping[str, int]) -> date:
    """The day of the next count; an item without a class is counted as class C.

    >>> due_on(date(2026, 3, 1), "A", {"A": 30, "B": 90, "C": 180})
    datetime.date(2026, 3, 31)
    """
    return last + timedelta(days=days[abc if abc in CLASSES else "C"])


def within_tolerance(expected: float, counted: float, percent: float) -> bool:
    """Whether a count differs by no more than ``percent`` of what was expected.

    >>> within_tolerance(200, 198, 1), within_tolerance(200, 197, 1)
    (True, False)
    """
    return abs(counted - expected) <= abs(expected) * percent / 100 + 1e-9

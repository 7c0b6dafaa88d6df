"""Stock that nobody uses."""

from datetime import datetime


def idle_days(now: datetime, oldest: datetime, last: datetime | None) -> int:
    """Whole days in which nothing left a shelf that had something, never below zero.

    ``oldest`` is when the oldest unit there came, ``last`` when the last one left.
    Goods that came after the last departure have been idle since they came.

    >>> idle_days(datetime(2026, 7, 1), datetime(2026, 1, 1), datetime(2026, 6, 1))
    30
    >>> idle_days(datetime(2026, 7, 1), datetime(2026, 6, 21), datetime(2026, 1, 1))
    10
    """
    since = max(oldest, last) if last else oldest
    return max((now - since).days, 0)

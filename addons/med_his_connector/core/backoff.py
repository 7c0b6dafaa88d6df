"""How long to wait before trying again: longer each time, never in step.

Source: M. Brooker, "Exponential Backoff and Jitter" (2015), the "equal jitter" form:
half of the wait is fixed and half is drawn, so that many that failed together do not
come back together.
"""

from datetime import timedelta

BASE_SECONDS = 2.0


def wait_after(attempt: int, cap: timedelta, drawn: float) -> timedelta:
    """The wait after failed attempt number ``attempt`` (from 1); ``drawn`` in [0, 1).

        full = min(cap, 2 s * 2 ** (attempt - 1));  wait = full / 2 + drawn * full / 2

    >>> wait_after(3, timedelta(hours=1), 0.0).total_seconds()
    4.0
    >>> wait_after(30, timedelta(hours=1), 0.5).total_seconds()
    2700.0
    """
    full = min(cap.total_seconds(), BASE_SECONDS * 2 ** min(attempt - 1, 30))
    return timedelta(seconds=full / 2 + drawn * full / 2)

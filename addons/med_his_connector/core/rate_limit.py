"""How often somebody may come: a bucket that fills at a steady rate.

One process keeps its own buckets: with several workers the limit holds for each.
"""

import threading
from collections import OrderedDict


class RateLimit:
    """``allow(name, per_minute, now)``: whether one more may come now.

    A bucket holds a minute's worth, so short bursts pass.

    >>> limit = RateLimit()
    >>> [limit.allow("HIS", 2, now=0.0) for _ in range(3)]
    [True, True, False]
    >>> limit.allow("HIS", 2, now=30.0)
    True
    """

    def __init__(self, largest: int = 10_000):
        self._buckets = OrderedDict()
        self._largest = largest
        self._lock = threading.Lock()

    def allow(self, name: object, per_minute: int, now: float, cost: int = 1) -> bool:
        """Whether ``name`` may come at ``now`` (seconds of any clock), and count it."""
        with self._lock:
            left, at = self._buckets.pop(name, (float(per_minute), now))
            left = min(per_minute, left + max(0.0, now - at) * per_minute / 60)
            allowed = left >= cost
            self._buckets[name] = (left - cost if allowed else left, now)
            while len(self._buckets) > self._largest:
                self._buckets.popitem(last=False)
            return allowed


class Seldom:
    """A line of the log for what may come in floods: one a second.

    >>> seldom = Seldom()
    >>> [seldom(now) for now in (0.0, 0.1, 0.2, 1.5)]
    [0, None, None, 2]
    """

    def __init__(self, seconds: float = 1.0):
        self._seconds = seconds
        self._next = None
        self._left_out = 0

    def __call__(self, now: float) -> int | None:
        """How many were left out before; None where this one is left out as well."""
        if self._next is not None and now < self._next:
            self._left_out += 1
            return None
        left_out, self._left_out = self._left_out, 0
        self._next = now + self._seconds
        return left_out

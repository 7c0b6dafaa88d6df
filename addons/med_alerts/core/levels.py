"""Which level of a rule a measured quantity has reached.

Every screen, job and test asks this file, so that two of them can never disagree
on whether "at the threshold" is an alert: it is (``<=``).
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Level:
    """One step of a rule.

    ``rank`` orders severities, higher is worse. ``limit`` is the quantity at or
    below which the step applies, in the unit of what is measured.
    """

    rank: int
    limit: float


def at_or_below(measured: float, limit: float, step: float = 0.01) -> bool:
    """Whether ``measured <= limit`` when both are counted in whole ``step``s.

    ``step`` is the smallest difference that the unit knows (its rounding), > 0.

    >>> at_or_below(10.0, 10.0), at_or_below(10.004, 10.0), at_or_below(10.01, 10.0)
    (True, True, False)
    """
    return round(measured / step) <= round(limit / step)


def level_reached(
    measured: float, levels: Iterable[Level], step: float = 0.01
) -> Level | None:
    """The worst level whose limit ``measured`` is at or below; None if there is none.

    >>> levels = [Level(rank=1, limit=20), Level(rank=2, limit=0)]
    >>> level_reached(20, levels)
    Level(rank=1, limit=20)
    >>> level_reached(0, levels)
    Level(rank=2, limit=0)
    >>> level_reached(21, levels) is None
    True
    """
    reached = [lv for lv in levels if at_or_below(measured, lv.limit, step)]
    return max(reached, key=lambda level: level.rank, default=None)

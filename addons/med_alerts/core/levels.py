"""Which level of a rule a measured figure has reached.

Every screen, job and test asks this file, so that two of them can never disagree
on whether "at the threshold" is an alert: it is (``<=``, and ``>=`` where more is
worse).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from .kind import LESS


@dataclass(frozen=True, slots=True)
class Level:
    """One step of a rule.

    ``rank`` orders severities, higher is worse. ``limit`` is the figure from which on
    the step applies, in the unit of what is measured.
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


def reaches(
    measured: float, limit: float, step: float = 0.01, worse: str = LESS
) -> bool:
    """Whether ``measured`` is at ``limit`` or worse, in whole ``step``s.

    Nothing at all is never too much: where more is worse, it must be more than zero.

    >>> reaches(30, 30), reaches(30, 30, worse="more"), reaches(0, 0, worse="more")
    (True, True, False)
    """
    if worse == LESS:
        return at_or_below(measured, limit, step)
    return round(measured / step) > 0 and at_or_below(limit, measured, step)


def severity_order(level: Level, worse: str = LESS) -> tuple[int, float]:
    """Orders levels from the mildest to the worst.

    Of two levels of one severity the stricter limit is worse, as on a ladder.

    >>> severity_order(Level(1, 30)) > severity_order(Level(1, 60))
    True
    """
    return level.rank, -level.limit if worse == LESS else level.limit


def level_reached(
    measured: float, levels: Iterable[Level], step: float = 0.01, worse: str = LESS
) -> Level | None:
    """The worst level that ``measured`` has reached; None if there is none.

    >>> levels = [Level(rank=1, limit=20), Level(rank=2, limit=0)]
    >>> level_reached(20, levels)
    Level(rank=1, limit=20)
    >>> level_reached(0, levels)
    Level(rank=2, limit=0)
    >>> level_reached(21, levels) is None
    True
    """
    reached = [lv for lv in levels if reaches(measured, lv.limit, step, worse)]
    return max(reached, key=lambda level: severity_order(level, worse), default=None)


def is_covered(
    measured: float,
    coming: float,
    levels: Iterable[Level],
    step: float = 0.01,
) -> bool:
    """Whether nobody need act: with what is coming no level would be reached.

    ``coming`` is in the unit of ``measured``. Only where less is worse.

    >>> is_covered(5, 20, [Level(1, 20)]), is_covered(5, 15, [Level(1, 20)])
    (True, False)
    """
    return coming > 0 and level_reached(measured + coming, levels, step) is None

"""Validity of certificates: which revision holds on a day, when somebody must act."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

#: Days before the end at which the responsible person is told, if nothing else is set.
LADDER = (180, 90, 60, 30, 7)
#: The last rung: the certificate has run out.
EXPIRED = 0


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision: first and last day of validity, and when a later one took over.

    An open end is None. ``superseded_on`` is the first day of the next revision.
    """

    valid_from: date | None = None
    valid_to: date | None = None
    superseded_on: date | None = None

    def state(self, day: date, expiring_days: int) -> str:
        """future, superseded, expired, expiring or valid on ``day``.

        >>> Revision(valid_to=date(2026, 6, 30)).state(date(2026, 6, 1), 30)
        'expiring'
        """
        if self.valid_from and day < self.valid_from:
            return "future"
        if self.superseded_on and self.superseded_on <= day:
            return "superseded"
        if not self.valid_to:
            return "valid"
        if self.valid_to < day:
            return "expired"
        if self.valid_to <= day + timedelta(days=expiring_days):
            return "expiring"
        return "valid"


#: From the best to the worst that an item may find among its certificates.
ORDER = ("valid", "expiring", "future", "expired", "superseded", "missing")


def best(states: Iterable[str]) -> str:
    """One valid certificate is enough; ``missing`` where there is none.

    >>> best(["expired", "valid"])
    'valid'
    """
    return min(states, key=ORDER.index, default="missing")


def rung(days_left: int, ladder: Iterable[int]) -> int | None:
    """The lowest rung of ``ladder`` reached with ``days_left``, None above the top.

    A rung is reached on its day and on every later day, so that a night without a run
    is made up for by the next one. Past the end it is ``EXPIRED``.

    >>> rung(45, (180, 90, 60, 30, 7))
    60
    """
    if days_left < 0:
        return EXPIRED
    return min((step for step in ladder if days_left <= step), default=None)


def ladder_from(text: str) -> tuple[int, ...]:
    """Days written with commas, highest first. Raises ValueError for anything else.

    >>> ladder_from("7, 30,180")
    (180, 30, 7)
    """
    steps = {int(step) for step in text.replace("，", ",").split(",") if step.strip()}
    if not steps or min(steps) < 1 or max(steps) > 3650:
        raise ValueError(text)
    return tuple(sorted(steps, reverse=True))

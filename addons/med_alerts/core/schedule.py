"""When a rule is looked at, when people are called, and when an alert goes up.

All moments are aware datetimes. Due means "at or after": a night without a run, a
restart or a clock that was put back delays a call and never drops it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

#: A nightly run that starts a little earlier than the last one is still the next one.
SLACK = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the day in which nobody is called; ``since`` may be later than ``till``.

    Hours count from midnight in local time: 22.5 is half past ten in the evening.
    """

    since: float = 0.0
    till: float = 0.0

    def holds(self, moment: datetime) -> bool:
        """Whether ``moment`` (local time) is quiet.

        >>> night = Quiet(22, 6)
        >>> night.holds(datetime(2026, 1, 1, 23)), night.holds(datetime(2026, 1, 1, 6))
        (True, False)
        """
        hour = moment.hour + moment.minute / 60 + moment.second / 3600
        if self.since <= self.till:
            return self.since <= hour < self.till
        return hour >= self.since or hour < self.till

    def loud_from(self, moment: datetime) -> datetime:
        """The first moment, at or after ``moment``, at which people may be called.

        >>> Quiet(22, 6).loud_from(datetime(2026, 1, 1, 23, 15))
        datetime.datetime(2026, 1, 2, 6, 0)
        """
        if not self.holds(moment):
            return moment
        hours = int(self.till)
        end = time(hours % 24, round(self.till % 1 * 60) % 60)
        day = moment.date()
        if hours >= 24 or time(moment.hour, moment.minute, moment.second) >= end:
            day += timedelta(days=1)
        # The wall clock of that day: a night in which clocks change keeps its morning.
        return datetime.combine(day, end, tzinfo=moment.tzinfo)


def is_due(last: datetime | None, now: datetime, every_days: int) -> bool:
    """Whether a rule that is looked at every so many days is to be looked at now.

    >>> is_due(datetime(2026, 1, 1), datetime(2026, 1, 7, 23), every_days=7)
    True
    """
    if last is None or last > now:  # never, or the clock was put back
        return True
    return now - last >= timedelta(days=every_days) - SLACK


def steps_due(
    called: datetime, now: datetime, hours: Iterable[float], done: int = 0
) -> int:
    """How many of the escalation steps are due ``now``, never fewer than ``done``.

    ``hours`` after the call, ascending. After a long outage several are due at once.

    >>> steps_due(datetime(2026, 1, 1), datetime(2026, 1, 1, 5), [2, 4, 24])
    2
    """
    due = sum(now >= called + timedelta(hours=each) for each in hours)
    return max(due, done)


def next_step_at(
    called: datetime, hours: Iterable[float], done: int
) -> datetime | None:
    """When the step after the ``done`` first ones is due; None after the last.

    >>> next_step_at(datetime(2026, 1, 1), [2, 4], 1)
    datetime.datetime(2026, 1, 1, 4, 0)
    """
    left = sorted(hours)[done:]
    return called + timedelta(hours=left[0]) if left else None

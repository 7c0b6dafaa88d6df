"""Closed periods: to which day of the books something late belongs."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

UTC = ZoneInfo("UTC")


def accounting_day(event_day: date, closed_until: date | None) -> date:
    """``event_day`` while its period is open, else the first open day after it.

    >>> accounting_day(date(2026, 3, 30), date(2026, 3, 31))
    datetime.date(2026, 4, 1)
    """
    if closed_until and event_day <= closed_until:
        return closed_until + timedelta(days=1)
    return event_day


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Midnight at which ``day`` begins in ``zone``, as naive UTC.

    >>> start_of_day(date(2026, 4, 1), ZoneInfo("Asia/Shanghai"))
    datetime.datetime(2026, 3, 31, 16, 0)
    """
    local = datetime.combine(day, time.min, zone)
    return local.astimezone(UTC).replace(tzinfo=None)

"""When a scan took place, although the clock of a phone may be wrong.

A phone that was off-line for hours tells the time of the scan and its own time at the
moment of sending. What counts is how long ago the scan was; the server's clock says
when that is.
"""

from datetime import UTC, datetime, timedelta


class ClockError(ValueError):
    """What the device tells as a time is none."""


def event_time(server_now: datetime, device_now: str, scanned_at: str) -> datetime:
    """The moment of the scan on the server's clock (naive UTC, whole seconds).

    ``device_now`` and ``scanned_at`` are ISO 8601 texts of one device, so that its
    error is the same in both. A clock that was put back meanwhile makes no scan of
    the future: that scan is of now.

    >>> event_time(datetime(2030, 1, 1, 12), "2001-01-01T09:10:00Z",
    ...            "2001-01-01T09:00:00Z")
    datetime.datetime(2030, 1, 1, 11, 50)
    """
    try:
        age = _moment(device_now) - _moment(scanned_at)
        return (server_now - max(age, timedelta(0))).replace(microsecond=0)
    except (TypeError, ValueError, OverflowError) as error:
        raise ClockError(scanned_at) from error


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

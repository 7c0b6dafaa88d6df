"""Which of several reports about one thing was written last, in whatever order they
arrive."""

from datetime import UTC, datetime


def version_of(written: datetime, sequence: int = 0, receipt: int = 0) -> str:
    """A text that sorts as its parts do: when it was written (UTC, to the microsecond),
    the sender's sequence number, the order of receipt.

    >>> version_of(datetime(2026, 1, 5, 2, 0, 0, 900_000, UTC), 7, 12)
    '2026-01-05T02:00:00.900000|0000000007|000000000012'
    """
    moment = written.astimezone(UTC).replace(tzinfo=None)
    return f"{moment.isoformat(timespec='microseconds')}|{sequence:010}|{receipt:012}"

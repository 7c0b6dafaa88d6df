"""Quantities and times as HL7 writes them; anything else is refused, never guessed.

Source: HL7 v2.9.1, 2A.3.48 NM and 2A.3.23 DTM.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal

# Stricter than Decimal(), which also reads NaN, 1_000, 1e3 and full-width digits.
QUANTITY = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,6})?")
TIME = re.compile(
    r"([0-9]{4})(?:([0-9]{2})(?:([0-9]{2})"
    r"(?:([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:\.([0-9]{1,6})[0-9]*)?)?)?)?)?)?"
    r"([+-][0-9]{4})?"
)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant in UTC, and whether the sender knew more than the day."""

    utc: datetime
    day_only: bool


def read_quantity(text: str) -> Decimal:
    """The exact number; ValueError where it is none.

    >>> read_quantity("1.10")
    Decimal('1.10')
    """
    if not QUANTITY.fullmatch(text):
        raise ValueError("not a plain number of at most 12 digits and 6 decimals")
    return Decimal(text)


def read_moment(text: str, zone: tzinfo) -> Moment:
    """The instant. Without an offset the time is in ``zone``; a day is its midnight.

    ValueError where there is no such instant, or it is less precise than a day.

    >>> from zoneinfo import ZoneInfo
    >>> str(read_moment("20260102", ZoneInfo("Asia/Shanghai")).utc)
    '2026-01-01 16:00:00+00:00'
    """
    match = TIME.fullmatch(text)
    if not match:
        raise ValueError("not a time like YYYYMMDD[HHMM[SS]][+ZZZZ]")
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    if not day:
        raise ValueError("the time names no day")
    micros = int((fraction or "").ljust(6, "0"))
    local = datetime(
        int(year),
        int(month),
        int(day),
        int(hour or 0),
        int(minute or 0),
        int(second or 0),
        micros,
        tzinfo=_offset(offset) if offset else zone,
    )
    try:
        return Moment(local.astimezone(UTC), day_only=not hour)
    except OverflowError:
        raise ValueError("there is no such time") from None


def naive(moment: datetime) -> datetime:
    """An instant as the database keeps it: UTC without saying so, whole seconds."""
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)


def read_date(text: str) -> date:
    """The day of a date such as an expiry; any time of day after it is ignored."""
    match = TIME.fullmatch(text)
    if not match or not match[3]:
        raise ValueError("not a day like YYYYMMDD")
    return date(int(match[1]), int(match[2]), int(match[3]))


def _offset(text):
    minutes = int(text[1:3]) * 60 + int(text[3:])
    if minutes > 15 * 60 or int(text[3:]) > 59:
        raise ValueError("the offset from UTC is out of range")
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))

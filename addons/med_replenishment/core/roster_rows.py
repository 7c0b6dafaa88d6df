"""A duty roster as a table: department, day, people. Headers in Chinese or English."""

import re
from dataclasses import dataclass
from datetime import date, datetime

HEADERS = {
    "department": {"department", "code", "科室", "科室编码", "部门"},
    "date": {"date", "day", "日期"},
    "people": {"people", "on duty", "staff", "人数", "在岗人数", "班次"},
}


class RosterRefused(Exception):
    """A row cannot be read; ``code`` says why, ``row`` and ``data`` where and what."""

    def __init__(self, code, row=0, data=""):
        super().__init__(code, row, data)
        self.code, self.row, self.data = code, row, data


@dataclass(frozen=True, slots=True)
class Duty:
    """One row: ``number`` as the sheet counts, what the cells say."""

    number: int
    department: str
    day: date
    people: float


def read_roster(rows, broken=()):
    """Duties of ``rows``, which have ``number`` and ``cells``; or ``RosterRefused``.

    The first row names the columns, in any order; others are left aside. A department
    has one row a day: which of two would count, nobody could know. Cells of the classes
    ``broken`` stand for values that are not to be had.
    """
    rows = iter(rows)
    head = next(rows, None)
    if head is None:
        raise RosterRefused("empty")
    places = _places(head.cells)
    seen = {}
    for row in rows:
        cells = {
            name: _cell(row, place, name, broken) for name, place in places.items()
        }
        duty = Duty(
            row.number,
            str(cells["department"]).strip(),
            _day(cells["date"], row.number),
            _people(cells["people"], row.number),
        )
        first = seen.setdefault((duty.department, duty.day), row.number)
        if first != row.number:
            raise RosterRefused("twice", row.number, first)
        yield duty


def _cell(row, place, name, broken):
    """What the cell says; refused where it is empty or its value is not to be had."""
    value = row.cells[place] if place < len(row.cells) else None
    if isinstance(value, broken):
        raise RosterRefused("broken", row.number, name)
    if value is None or not str(value).strip():
        raise RosterRefused("missing", row.number, name)
    return value


def _places(cells):
    titles = [str(cell or "").strip().strip("＊*").lower() for cell in cells]
    places = {}
    for name, known in HEADERS.items():
        found = [place for place, title in enumerate(titles) if title in known]
        if not found:
            raise RosterRefused("no_column", 1, name)
        places[name] = found[0]
    return places


def _day(value, number):
    """
    >>> _day("2026-11-05", 2), _day("2026年11月5日", 2)
    (datetime.date(2026, 11, 5), datetime.date(2026, 11, 5))
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = str(value).strip().removesuffix("日")
    try:
        year, month, day = (int(part) for part in re.split("[-/.年月]", text))
        return date(year, month, day)
    except ValueError:
        raise RosterRefused("no_date", number, str(value)) from None


def _people(value, number):
    try:
        people = float(str(value).strip())
    except ValueError:
        raise RosterRefused("no_number", number, str(value)) from None
    if not 0 <= people < 10000:
        raise RosterRefused("no_number", number, str(value))
    return people

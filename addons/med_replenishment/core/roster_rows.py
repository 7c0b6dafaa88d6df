"""A duty roster as a table: department, day, people. Headers in Chinese or English."""

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


def read_roster(rows):
    """Duties of ``rows`` (``core.sheet.Row``); raises ``RosterRefused``.

    The first row names the columns, in any order; others are left aside.
    """
    rows = iter(rows)
    head = next(rows, None)
    if head is None:
        raise RosterRefused("empty")
    places = _places(head.cells)
    for row in rows:
        cells = {
            name: row.cells[place] if place < len(row.cells) else None
            for name, place in places.items()
        }
        if cells["department"] in (None, ""):
            raise RosterRefused("no_department", row.number)
        yield Duty(
            row.number,
            str(cells["department"]).strip(),
            _day(cells["date"], row.number),
            _people(cells["people"], row.number),
        )


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
    >>> _day("2026-11-05", 2), _day("2026/11/5", 2)
    (datetime.date(2026, 11, 5), datetime.date(2026, 11, 5))
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = str(value or "").strip().replace("/", "-").replace(".", "-")
    try:
        year, month, day = (int(part) for part in text.split("-"))
        return date(year, month, day)
    except ValueError:
        raise RosterRefused("no_date", number, str(value or "")) from None


def _people(value, number):
    try:
        people = float(str(value).strip())
    except ValueError:
        raise RosterRefused("no_number", number, str(value or "")) from None
    if not 0 <= people < 10000:
        raise RosterRefused("no_number", number, str(value))
    return people

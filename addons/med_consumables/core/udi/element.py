"""One element of a barcode, its characters and its date.

Source of the century rule: GS1 General Specifications (release 25), section 7.12.
"""

import calendar
from dataclasses import dataclass
from datetime import date

from .identification import UdiError

DIGITS = frozenset("0123456789")


@dataclass(frozen=True, slots=True)
class Element:
    """An identifier with its value, and where the value begins (counted from 1)."""

    identifier: str
    value: str
    position: int

    def wrong(self, code: str, index: int = 0) -> UdiError:
        """The error ``code`` at the character ``index`` of the value."""
        return UdiError(code, self.position + index, self.identifier, self.value)

    def check_printable(self) -> None:
        """Raise ``UdiError`` at the first character that no label may have."""
        # The standards have no space, labels do; control and other scripts never occur.
        for index, character in enumerate(self.value):
            if not " " <= character <= "~":
                raise self.wrong("wrong_character", index)

    def short_day(self, today: date) -> date:
        """The day of YYMMDD (what follows is not looked at); 00 is the month's end.

        >>> Element("17", "280200", 5).short_day(date(2026, 6, 1))
        datetime.date(2028, 2, 29)
        """
        value = self.value
        year, month, day = int(value[:2]), int(value[2:4]), int(value[4:6])
        return self._day(_four_digits(year, today), month, day, 2)

    def long_day(self) -> date:
        """The day of YYYYMMDD; 00 is the month's end."""
        value = self.value
        return self._day(int(value[:4]), int(value[4:6]), int(value[6:8]), 4)

    def any_day(self, today: date) -> date:
        """The day of YYMMDD or YYYYMMDD, whichever it is."""
        for index, character in enumerate(self.value):
            if character not in DIGITS:
                raise self.wrong("wrong_character", index)
        if len(self.value) == 6:
            return self.short_day(today)
        if len(self.value) == 8:
            return self.long_day()
        raise self.wrong("wrong_date")

    def _day(self, year: int, month: int, day: int, at: int) -> date:
        """``at`` is the index of the month in the value; the day follows it."""
        if not year:
            raise self.wrong("wrong_date")
        if not 1 <= month <= 12:
            raise self.wrong("wrong_date", at)
        last = calendar.monthrange(year, month)[1]
        if day > last:
            raise self.wrong("wrong_date", at + 2)
        return date(year, month, day or last)


def _four_digits(year: int, today: date) -> int:
    """The year within 49 years back and 50 ahead of today."""
    century, current = divmod(today.year, 100)
    if year - current >= 51:
        century -= 1
    elif year - current <= -50:
        century += 1
    return century * 100 + year

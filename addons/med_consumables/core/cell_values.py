"""What a cell means: text, code, quantity, day, yes or no, one of some words.

Each reader takes a cell as ``sheet`` gives it and returns a value, or None for an empty
cell; what cannot be read raises ``CellFault`` with a code and, where it helps, data.
"""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from .sheet import Broken

TEXT_LENGTH = 200
LARGEST = Decimal(1_000_000_000)
EXACT_DIGITS = 10**15  # a spreadsheet number keeps 15 digits
SERIAL_EPOCH = datetime(1899, 12, 30)  # day 0 of a sheet of 1900, after its leap bug
SERIALS = range(20_000, 80_000)  # 1954 to 2119; other numbers are no days
SPACES = re.compile(r"\s+")
SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+\d+")
DAY = re.compile(
    r"(\d{4})(?:[-/.年]\s?(\d{1,2})[-/.月]\s?(\d{1,2})日?|(\d{2})(\d{2}))"
    r"(?:[T\s]+(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})(?:\.\d+)?)?[分秒]?)?"
)
YES = {"是", "有", "y", "yes", "true", "1", "√", "✓", "收费", "可收费", "t"}
NO = {"否", "无", "n", "no", "false", "0", "×", "x", "不收费", "f"}


class CellFault(Exception):
    """A cell that cannot be read; ``code`` says why."""

    def __init__(self, code: str, **data):
        super().__init__(code)
        self.code = code
        self.data = data


def text(value, length: int = TEXT_LENGTH) -> str | None:
    """Text as people read it; a number as its digits.

    >>> text(" 一次性  手套 "), text(1002.0), text("")
    ('一次性 手套', '1002', None)
    """
    if value is None:
        return None
    if isinstance(value, Broken):
        raise CellFault(str(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _digits(value)
    if isinstance(value, datetime | date | time | timedelta):
        return str(value)
    clean = SPACES.sub(" ", str(value)).strip()
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in clean):
        raise CellFault("control_character")
    if len(clean) > length:
        raise CellFault("too_long", length=length)
    return clean or None


def code(value) -> str | None:
    """A code: half-width, without spaces around; digits that a sheet lost are a fault.

    >>> code("ＨＣ１００1 ")
    'HC1001'
    """
    found = text(value, length=64)
    if found is None:
        return None
    found = unicodedata.normalize("NFKC", found).strip()
    if SCIENTIFIC.fullmatch(found):
        raise CellFault("digits_lost")
    return found or None


def quantity(value) -> Decimal | None:
    """A number, with its sign.

    >>> quantity("1,234.50"), quantity("（3）"), quantity(2.5)
    (Decimal('1234.50'), Decimal('-3'), Decimal('2.5'))
    """
    if isinstance(value, bool):
        raise CellFault("not_a_number")
    if isinstance(value, int | float):
        found = str(value)
    else:
        found = text(value)
        if found is None:
            return None
        found = unicodedata.normalize("NFKC", found).replace(" ", "")
        if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", found):
            found = found.replace(",", "")
        if re.fullmatch(r"\([\d.]+\)", found):  # how accountants write a minus
            found = f"-{found[1:-1]}"
    try:
        number = Decimal(found)
    except InvalidOperation:
        raise CellFault("not_a_number")
    if not number.is_finite():
        raise CellFault("not_a_number")
    if abs(number) > LARGEST:
        raise CellFault("too_large")
    return number


def moment(value) -> datetime | date | None:
    """A day, or a day with its hour, as the hospital's clock shows it.

    >>> moment("2024年3月5日"), moment(45356), moment("2024/3/5 14:20")
    (datetime.date(2024, 3, 5), datetime.date(2024, 3, 5), datetime.datetime(2024, 3, 5, 14, 20))
    """  # noqa: E501
    if isinstance(value, datetime):
        value = value.replace(tzinfo=None)
        return value.date() if value.time() == time() else value
    if isinstance(value, date):
        return value
    if isinstance(value, bool | time | timedelta):
        raise CellFault("not_a_day")
    if isinstance(value, int | float):
        return _serial(value)
    found = text(value)
    if found is None:
        return None
    found = unicodedata.normalize("NFKC", found).replace("：", ":")
    match = DAY.fullmatch(found)
    if not match:
        if re.fullmatch(r"\d{5}(\.\d+)?", found):
            return _serial(float(found))
        ambiguous = re.fullmatch(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}", found)
        raise CellFault("ambiguous_day" if ambiguous else "not_a_day")
    year, month, day, month_8, day_8, hour, minute, second = match.groups()
    try:
        on = date(int(year), int(month or month_8), int(day or day_8))
        if hour is None:
            return on
        return datetime.combine(on, time(int(hour), int(minute), int(second or 0)))
    except ValueError:
        raise CellFault("not_a_day")


def yes_no(value) -> bool | None:
    """
    >>> yes_no("是"), yes_no(0), yes_no("")
    (True, False, None)
    """
    found = text(value)
    if found is None:
        return None
    found = unicodedata.normalize("NFKC", found).casefold()
    if found in YES:
        return True
    if found in NO:
        return False
    raise CellFault("not_yes_or_no")


def one_of(words: dict[str, set[str]]):
    """A reader of one of some words: ``{value: the words that mean it}``."""
    meaning = {word: value for value, known in words.items() for word in known}

    def read(value) -> str | None:
        found = text(value)
        if found is None:
            return None
        found = unicodedata.normalize("NFKC", found).casefold().replace(" ", "")
        try:
            return meaning[found]
        except KeyError:
            raise CellFault("unknown_word", known=sorted(meaning)[:12])

    return read


def _digits(value: int | float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        raise CellFault("not_a_number")
    if abs(value) >= EXACT_DIGITS:
        raise CellFault("digits_lost")
    return str(int(value)) if value == int(value) else repr(value)


def _serial(value: int | float) -> datetime | date:
    if value != value or abs(value) > 1e9:
        raise CellFault("not_a_day")
    if int(value) in SERIALS:
        found = SERIAL_EPOCH + timedelta(days=float(value))
        found = (found + timedelta(milliseconds=500)).replace(microsecond=0)
        return found.date() if value == int(value) else found
    digits = str(int(value))
    if value == int(value) and len(digits) == 8:
        return moment(digits)
    raise CellFault("not_a_day")

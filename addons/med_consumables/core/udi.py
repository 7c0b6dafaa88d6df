"""What the barcode on a pack says: device identifier, lot, serial, dates.

A unique device identification (UDI) is a device identifier (DI: whose product, in
which pack) and production identifiers (PI: lot, serial, dates). Packs carry both in
one barcode or in two; the carriers read here are

- GS1 element strings, as scanned (FNC1 is the control character 0x1D), with a
  symbology prefix (]C1, ]d2 ...) or as printed, with brackets;
- bare GTINs (8, 12, 13 or 14 digits with a right check digit);
- MA (ZIIOT): ``MA.156.M0.…`` with segments ``.L… .S… .M… .E…``;
- anything else: the hospital's own code (院内码).

Sources: GS1 General Specifications (release 25), sections 3, 7.2 and 7.12; the table of
application identifiers is python-stdnum's. MA: the field letters published by the
issuing agency; its check character has no published rule and is not checked.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

from stdnum import ean, numdb

FNC1 = "\x1d"
SYMBOLOGIES = ("]C1", "]e0", "]d2", "]Q3", "]J1")
#: Longer than the longest data carrier that GS1 allows on a pack (Data Matrix).
LONGEST = 2335
# Read beside the module: inside Odoo, which wraps the loader of stdnum, the package's
# resources are out of reach for numdb.get.
with Path(numdb.__file__).with_name("gs1_ai.dat").open(encoding="utf-8") as table:
    _IDENTIFIERS = numdb.read(table)
_FORMAT_PART = re.compile(r"\[?\+?([NXYZ])(\.\.)?(\d+)\]?")


class UdiError(ValueError):
    """A barcode that cannot be read: what is wrong, where, and in which element.

    ``code`` is one of empty, too_long, unknown_identifier, unclosed_bracket,
    missing_value, short_value, long_value, wrong_character, wrong_check_digit,
    wrong_date, repeated_identifier; ``position`` counts from 1 in the code as it was
    given; ``element`` is the application identifier or segment letter, if any.
    """

    def __init__(self, code: str, position: int, element: str = "", value: str = ""):
        super().__init__(f"{code} at {position} in {element or 'code'}: {value!r}")
        self.code = code
        self.position = position
        self.element = element
        self.value = value


class UdiConflict(ValueError):
    """Two barcodes of one pack disagree on ``field``."""

    def __init__(self, field: str, first: object, second: object):
        super().__init__(f"{field}: {first} is not {second}")
        self.field = field
        self.first = first
        self.second = second


@dataclass(frozen=True, slots=True)
class Udi:
    """What was read. Fields that the barcode does not bear are None.

    ``agency`` is gs1, ma or hospital. ``di`` is a GTIN of 14 digits, an MA identifier,
    or the hospital's code. ``count`` is the number of pieces in the pack, where the
    barcode says it. Dates are the last day on which the piece may be used, and the day
    on which it was made.
    """

    agency: str
    di: str | None = None
    lot: str | None = None
    serial: str | None = None
    expiry: date | None = None
    production: date | None = None
    sterilisation_lot: str | None = None
    count: int | None = None


def parse(code: str, today: date, expects_production: bool = False) -> Udi:
    """Read one barcode. ``today`` resolves the century of two-digit years.

    With ``expects_production`` a bare code is read as the second barcode of a pack
    (lot, serial, dates), which alone could as well be a hospital's own code.

    >>> parse("(01)06901234567892(17)150707(10)A213B1", date(2015, 1, 1)).lot
    'A213B1'
    """
    text = code.strip(" \t\r\n")
    offset = code.find(text) if text else 0
    if not text:
        raise UdiError("empty", 1)
    if len(text) > LONGEST:
        raise UdiError("too_long", LONGEST + 1)
    for symbology in SYMBOLOGIES:
        if text.startswith(symbology):
            skip = len(symbology)
            return _gs1(_elements(text[skip:], offset + skip), today)
    if text.startswith("("):
        return _gs1(_bracketed(text, offset), today)
    if text.upper().startswith("MA."):
        return _ma(text, offset, today)
    if FNC1 in text or expects_production or re.match(r"01\d{14}", text):
        return _gs1(_elements(text, offset), today)
    if re.fullmatch(r"\d{8}|\d{12,14}", text) and ean.is_valid(text):
        return Udi("gs1", di=text.zfill(14))
    return Udi("hospital", di=text)


def merge(first: Udi, second: Udi) -> Udi:
    """Put the two barcodes of one pack together, in either order.

    What one leaves blank the other fills in; what both say must agree.
    """
    values = {}
    for field in fields(Udi)[1:]:
        one, other = getattr(first, field.name), getattr(second, field.name)
        if one is not None and other is not None and one != other:
            raise UdiConflict(field.name, one, other)
        values[field.name] = one if one is not None else other
    agency = first.agency if first.di else second.agency
    return Udi(agency, **values)


# ---- GS1 -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Element:
    """One application identifier with its value, and where the value begins."""

    identifier: str
    value: str
    position: int


def _gs1(elements: Iterator[_Element], today: date) -> Udi:
    found = {}
    for element in elements:
        known = found.setdefault(element.identifier, element)
        if known.value != element.value:
            raise UdiError(
                "repeated_identifier",
                element.position,
                element.identifier,
                element.value,
            )
        if element.identifier in ("00", "01", "02"):
            _check_digit(element)

    def text(identifier):
        return found[identifier].value if identifier in found else None

    def day(identifier):
        return _gs1_day(found[identifier], today) if identifier in found else None

    count = text("37") or text("30")
    return Udi(
        "gs1",
        di=text("01") or text("02"),
        lot=text("10"),
        serial=text("21"),
        expiry=day("17") or day("7003"),
        production=day("11"),
        count=int(count) if count else None,
    )


def _elements(text: str, offset: int) -> Iterator[_Element]:
    """Cut an element string as scanned: FNC1 ends values of variable length."""
    at = 0
    while at < len(text):
        if text[at] == FNC1:
            at += 1
            continue
        identifier, longest, shortest = _identifier(text[at:], at + offset)
        begin = at + len(identifier)
        end = text.find(FNC1, begin)
        stop = min(begin + longest, len(text) if end < 0 else end)
        value = text[begin:stop]
        if end >= 0 and end > stop and longest != shortest:
            # FNC1 must follow a value of variable length: it is longer than allowed.
            raise UdiError("long_value", stop + offset + 1, identifier, value)
        yield _checked(identifier, value, begin + offset + 1, shortest)
        at = stop


def _bracketed(text: str, offset: int) -> Iterator[_Element]:
    """Cut an element string as printed. A bracket inside a value is part of it."""
    at = 0
    while at < len(text):
        close = text.find(")", at)
        if text[at] != "(" or close < 0:
            raise UdiError("unclosed_bracket", at + offset + 1, value=text[at:])
        written = text[at + 1 : close]
        identifier, longest, shortest = _identifier(written, at + offset + 1)
        if identifier != written:
            raise UdiError("unknown_identifier", at + offset + 2, value=written)
        begin = close + 1
        stop = _next_bracket(text, begin)
        value = text[begin:stop].rstrip(FNC1)
        if len(value) > longest:
            position = begin + longest + offset + 1
            raise UdiError("long_value", position, identifier, value)
        yield _checked(identifier, value, begin + offset + 1, shortest)
        at = stop


def _next_bracket(text: str, begin: int) -> int:
    """Where the next ``(identifier)`` opens at or after ``begin``, else the end."""
    for match in re.finditer(r"\((\d{2,4})\)", text[begin:]):
        if _known_identifier(match[1]):
            return begin + match.start()
    return len(text)


def _known_identifier(digits: str) -> bool:
    name, properties = _IDENTIFIERS.info(digits)[0]
    # Measures (31nn to 36nn) carry their decimals in a fourth digit.
    rest = digits[len(name) :]
    return bool(properties) and (
        not rest or (properties["type"] == "decimal" and len(rest) == 1)
    )


def _identifier(text: str, position: int) -> tuple[str, int, int]:
    """The application identifier that ``text`` begins with, and its value's lengths."""
    name, properties = _IDENTIFIERS.info(text[:4])[0]
    if not properties or not text.startswith(name):
        raise UdiError("unknown_identifier", position + 1, value=text[:4])
    longest, shortest = _lengths(properties["format"])
    if properties["type"] == "decimal":
        digit = text[len(name) : len(name) + 1]
        if not digit.isdigit():
            raise UdiError("unknown_identifier", position + 1, value=text[:4])
        name += digit
    return name, longest, shortest


def _lengths(format_: str) -> tuple[int, int]:
    """(longest, shortest) of a table format such as N14, X..20 or N13[+X..17]."""
    longest = shortest = 0
    for position, part in enumerate(_FORMAT_PART.finditer(format_)):
        length = int(part[3])
        longest += length
        if part[0].startswith("["):
            continue
        shortest += (1 if position == 0 else 0) if part[2] else length
    return longest, shortest


def _checked(identifier: str, value: str, position: int, shortest: int) -> _Element:
    if not value:
        raise UdiError("missing_value", position, identifier)
    if len(value) < shortest:
        raise UdiError("short_value", position + len(value), identifier, value)
    numeric = _IDENTIFIERS.info(identifier[:4])[0][1]["format"].startswith("N")
    for index, character in enumerate(value):
        # The standard has no space, labels do; control and other scripts never occur.
        fits = character in "0123456789" if numeric else " " <= character <= "~"
        if not fits and not (numeric and index >= shortest):
            raise UdiError("wrong_character", position + index, identifier, value)
    return _Element(identifier, value, position)


def _check_digit(element: _Element) -> None:
    if element.value[-1] != ean.calc_check_digit(element.value[:-1]):
        raise UdiError(
            "wrong_check_digit",
            element.position + len(element.value) - 1,
            element.identifier,
            element.value,
        )


def _gs1_day(element: _Element, today: date) -> date:
    value = element.value
    year, month, day = int(value[:2]), int(value[2:4]), int(value[4:6])
    return _day(_four_digits(year, today), month, day, element)


def _four_digits(year: int, today: date) -> int:
    """The year within 49 years back and 50 ahead of today (GS1, section 7.12)."""
    century, current = divmod(today.year, 100)
    if year - current >= 51:
        century -= 1
    elif year - current <= -50:
        century += 1
    return century * 100 + year


def _day(year: int, month: int, day: int, element: _Element) -> date:
    if not 1 <= month <= 12 or not 1 <= year <= 9999:
        raise UdiError(
            "wrong_date", element.position, element.identifier, element.value
        )
    last = calendar.monthrange(year, month)[1]
    if day > last:
        raise UdiError(
            "wrong_date", element.position, element.identifier, element.value
        )
    return date(year, month, day or last)  # day 00 means the end of the month


# ---- MA ------------------------------------------------------------------------------


def _ma(text: str, offset: int, today: date) -> Udi:
    """``MA.156.M0.RRRRRR.PIIIIIIC`` and then segments of a letter and a value."""
    parts = text.split(".")
    if len(parts) < 5 or any(not part for part in parts[:5]):
        raise UdiError("short_value", offset + len(text) + 1, "MA", text)
    segments, at = {}, offset + len(".".join(parts[:5])) + 1
    for part in parts[5:]:
        letter, value = part[:1].upper(), part[1:]
        if letter not in "LSMDVE" or not letter:
            raise UdiError("unknown_identifier", at + 1, value=part[:1])
        if not value:
            raise UdiError("missing_value", at + 2, letter)
        if letter in segments:
            raise UdiError("repeated_identifier", at + 1, letter, value)
        segments[letter] = _Element(letter, value, at + 2)
        at += len(part) + 1

    def text_of(letter):
        return segments[letter].value if letter in segments else None

    def day_of(letter):
        return _ma_day(segments[letter], today) if letter in segments else None

    return Udi(
        "ma",
        di=".".join(parts[:5]).upper(),
        lot=text_of("L"),
        serial=text_of("S"),
        expiry=day_of("E") or day_of("V"),
        production=day_of("M"),
        sterilisation_lot=text_of("D"),
    )


def _ma_day(element: _Element, today: date) -> date:
    value = element.value
    if not re.fullmatch(r"[0-9]{6}([0-9]{2})?", value):
        raise UdiError("wrong_date", element.position, element.identifier, value)
    if len(value) == 6:
        return _gs1_day(element, today)
    year, month, day = int(value[:4]), int(value[4:6]), int(value[6:])
    return _day(year, month, day, element)

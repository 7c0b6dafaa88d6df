"""GS1 element strings: as scanned (FNC1 ends values) and as printed (brackets).

Source: GS1 General Specifications (release 25), sections 3, 7.2, 7.8 and 7.12.
"""

import re
from collections.abc import Iterator
from datetime import date

from stdnum import ean

from .application_identifiers import Identifier, identifier_at
from .element import Element
from .identification import Udi, UdiError

FNC1 = "\x1d"
SYMBOLOGIES = ("]C1", "]e0", "]d2", "]Q3", "]J1")
#: FNC1, and how hand scanners spell it when they cannot type a control character.
SEPARATOR = re.compile(r"\x1d|␝|<GS>|\{GS\}|Alt029", re.IGNORECASE)
WITH_CHECK_DIGIT = ("00", "01", "02")
DATES = ("11", "12", "13", "15", "16", "17", "7003", "8008")


def read(elements: Iterator[Element], today: date) -> Udi:
    """Put elements into words; refuses wrong check digits, dates and repeats."""
    found = {}
    for element in elements:
        known = found.setdefault(element.identifier, element)
        if known.value != element.value:
            raise element.wrong("repeated_identifier")
        if element.identifier in WITH_CHECK_DIGIT:
            _check_digit(element)
    days = {name: found[name].short_day(today) for name in DATES if name in found}

    def text(*identifiers):
        return next((found[name].value for name in identifiers if name in found), None)

    count = text("37", "30")
    return Udi(
        "gs1",
        di=text("01", "02"),
        lot=text("10"),
        serial=text("21"),
        expiry=days.get("17") or days.get("7003"),
        production=days.get("11") or days.get("8008"),
        count=int(count) if count else None,
        sscc=text("00"),
    )


def scanned(text: str, offset: int = 0) -> Iterator[Element]:
    """Cut an element string as scanned. ``offset`` characters came before ``text``."""
    at = 0
    while at < len(text):
        if separator := SEPARATOR.match(text, at):
            at = separator.end()
            continue
        identifier = _identifier(text[at:], at + offset)
        begin = at + len(identifier.digits)
        separator = SEPARATOR.search(text, begin)
        end = separator.start() if separator else len(text)
        stop = min(begin + identifier.longest, end)
        element = Element(identifier.digits, text[begin:stop], begin + offset + 1)
        if separator and end > stop and not identifier.is_fixed:
            # FNC1 must follow a value of variable length: it is longer than allowed.
            raise element.wrong("long_value", stop - begin)
        yield _checked(identifier, element)
        at = stop


def printed(text: str, offset: int = 0) -> Iterator[Element]:
    """Cut an element string with brackets. A bracket inside a value is part of it."""
    at = 0
    while at < len(text):
        close = text.find(")", at)
        if text[at] != "(" or close < 0:
            raise UdiError("unclosed_bracket", at + offset + 1, value=text[at:])
        written = text[at + 1 : close]
        identifier = _identifier(written, at + offset + 1)
        if identifier.digits != written:
            raise UdiError("unknown_identifier", at + offset + 2, value=written)
        begin = close + 1
        stop = _next_bracket(text, begin)
        value = SEPARATOR.sub("", text[begin:stop]).rstrip()
        element = Element(written, value, begin + offset + 1)
        if len(value) > identifier.longest:
            raise element.wrong("long_value", identifier.longest)
        yield _checked(identifier, element)
        at = stop


def is_gtin(text: str) -> bool:
    """Whether ``text`` is a bare GTIN: 8, 12, 13 or 14 digits, the last one checks."""
    digits = re.fullmatch(r"[0-9]{8}|[0-9]{12,14}", text)
    return bool(digits) and ean.is_valid(text)


def _next_bracket(text: str, begin: int) -> int:
    """Where the next ``(identifier)`` opens at or after ``begin``, else the end."""
    for match in re.finditer(r"\(([0-9]{2,4})\)", text[begin:]):
        identifier = identifier_at(match[1])
        if identifier and identifier.digits == match[1]:
            return begin + match.start()
    return len(text)


def _identifier(text: str, at: int) -> Identifier:
    identifier = identifier_at(text)
    if not identifier:
        raise UdiError("unknown_identifier", at + 1, value=text[:4])
    return identifier


def _checked(identifier: Identifier, element: Element) -> Element:
    value = element.value
    if not value:
        raise element.wrong("missing_value")
    for index, character in enumerate(value):
        if not identifier.fits(index, character):
            raise element.wrong("wrong_character", index)
    if len(value) < identifier.shortest:
        raise element.wrong("short_value", len(value))
    return element


def _check_digit(element: Element) -> None:
    if element.value[-1] != ean.calc_check_digit(element.value[:-1]):
        raise element.wrong("wrong_check_digit", len(element.value) - 1)

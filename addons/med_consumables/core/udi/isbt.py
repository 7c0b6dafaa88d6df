"""ISBT 128 of ICCBBA: products of human origin (tissue, cells), and blood bags.

Structures of fixed length stand one behind the other, each behind its identifier:
``=/`` product (facility, its product code, the product's description), ``=,`` division
or serial, ``=`` and a letter or digit: donation, ``=>`` and ``&>`` use by, ``=}`` and
``&}`` made on, ``&,1`` lot; of bags ``=)`` product and ``&)`` lot. ``=+`` says that
several stand together. A day is cYYJJJ: century, year, number of the day.

What came of one donation is traced by it as by a lot, where no other lot is named.

Source: ISBT 128 Standard Technical Specification, sections 2 and 3, and the agency's
table in the UDI guide of IMDRF.
"""

import calendar
import re
from datetime import date, timedelta

from .element import Element
from .identification import Udi, UdiError

#: ``(identifier, characters of its value, what it says)``; '' is not looked at.
STRUCTURES = (
    ("=+", 5, ""),
    ("=/", 16, "di"),
    ("=)", 10, "di"),
    ("=,", 6, "serial"),
    ("=>", 6, "expiry"),
    ("&>", 10, "expiry"),
    ("=}", 6, "production"),
    ("&}", 10, "production"),
    ("&,1", 18, "lot"),
    ("&)", 10, "lot"),
)
DONATION = re.compile(r"=[A-NP-Z1-9]")
DONATION_LENGTH = 15  # with its two flags


def read(text: str, offset: int) -> Udi:
    """Read ``text``, which begins with ``=`` or ``&``; ``offset`` came before it."""
    said, at = {}, 0
    while at < len(text):
        if text[at] == " ":  # as printed, between two structures
            at += 1
            continue
        identifier, length, name = _structure(text, at, offset)
        begin = at + len(identifier)
        value = text[begin : begin + length]
        element = Element(identifier, value, offset + begin + 1)
        _check(element, length)
        if name in ("expiry", "production"):
            value = _day(element)
        if name and said.setdefault(name, value) != value:
            raise element.wrong("repeated_identifier")
        at = begin + length
    said.setdefault("lot", said.get("donation"))
    return Udi("iccbba", **said)


def _structure(text, at, offset):
    for identifier, length, name in STRUCTURES:
        if text.startswith(identifier, at):
            return identifier, length, name
    if DONATION.match(text, at):
        return "=", DONATION_LENGTH, "donation"
    raise UdiError("unknown_identifier", offset + at + 1, value=text[at : at + 2])


def _check(element, length):
    for index, character in enumerate(element.value):
        if not (character.isascii() and character.isalnum()):
            raise element.wrong("wrong_character", index)
    if len(element.value) < length:
        raise element.wrong("short_value", len(element.value))


def _day(element):
    """The day of cYYJJJ; a time of day behind it is not looked at."""
    digits = element.value
    for index, character in enumerate(digits):
        if not "0" <= character <= "9":
            raise element.wrong("wrong_character", index)
    century = 1000 if digits[0] == "9" else 2000  # 9 for 19.., 0 for 20.., 1 for 21..
    year, number = century + int(digits[:3]), int(digits[3:6])
    if not 1 <= number <= 365 + calendar.isleap(year):
        raise element.wrong("wrong_date", 3)
    return date(year, 1, 1) + timedelta(days=number - 1)

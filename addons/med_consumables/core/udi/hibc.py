"""HIBC: a maker's own code; behind it, or in a second barcode, lot, serial and dates.

    + LLLL PPP… U C              first: labeler, product, pack level, check character
    + LLLL PPP… U / … C          both in one
    + … K C                      second; K is the check character of the first

Behind ``+`` or ``/`` stands ``$LOT``, ``$+SERIAL``, ``$$`` with a date and a lot,
``$$+`` with a date and a serial, or five digits (YYJJJ) and a lot. After ``$$`` it may
say how many pieces there are (8 and two digits, 9 and five). The first digit of the
date says how it is written: see ``DATES``; 7 is none. Further parts: ``S`` serial,
``14D`` use by, ``16D`` made on (YYYYMMDD), ``Q`` how many.

Source: ANSI/HIBC 2 (Supplier Labeling Standard), and the agency's table in the UDI
guide of IMDRF.
"""

import calendar
import re
from datetime import date, timedelta

from .element import Element
from .identification import Udi, UdiError

FLAG = "+"
NAME = "HIBC"
#: The place of a character is its value; the check character is the sum of all others.
CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"
PRIMARY = re.compile(r"[A-Z][A-Z0-9]{3}[A-Z0-9]{1,18}[0-9]")
LONGEST = 18  # of a lot or serial; where lines are broken in print stand spaces
#: ``{first digit: letters of the date behind it}``; 0 and 1 belong to MMYY itself.
DATES = {"2": "MMDDYY", "3": "YYMMDD", "4": "YYMMDDHH", "5": "YYJJJ", "6": "YYJJJHH"}


def check_character(text: str) -> str:
    """The check character of a text of ``CHARACTERS`` (modulo 43).

    >>> check_character("+A123BJC5D6E71")
    'G'
    """
    return CHARACTERS[sum(map(CHARACTERS.index, text)) % len(CHARACTERS)]


def checks(text: str) -> bool:
    """Whether the last character is the check character of those before it."""
    known = set(text) <= set(CHARACTERS)
    return known and text[-1:] == check_character(text[:-1])


def read(text: str, offset: int, today: date) -> Udi:
    """Read ``text``, which begins with ``+``; ``offset`` characters came before it."""
    for index, character in enumerate(text):
        if character not in CHARACTERS:
            raise UdiError("wrong_character", offset + index + 1, NAME, text)
    if len(text) < 3:
        raise UdiError("short_value", offset + len(text) + 1, NAME, text)
    if not checks(text):
        raise UdiError("wrong_check_digit", offset + len(text), NAME, text)
    said = {}
    if text[1].isalpha():
        first, *others = text[1:-1].split("/")
        if not PRIMARY.fullmatch(first):
            raise UdiError("wrong_character", offset + 2, NAME, text)
        said["di"] = first
        at = offset + 1 + len(first)
    else:  # by itself: before its own check character stands that of the first
        others, at = text[1:-2].split("/"), offset
    for part in others:
        at += 1
        for name, value in _part(part, at + 1, today):
            if said.setdefault(name, value) != value:
                raise UdiError("repeated_identifier", at + 1, NAME, part)
        at += len(part)
    return Udi("hibc", **said)


def _part(part, at, today):
    """``(name, value)`` of what one part says; ``at`` is its place, counted from 1."""
    if part.startswith("$$"):
        return _dated(part, at, today)
    for identifier, name in (("$+", "serial"), ("$", "lot"), ("S", "serial")):
        if part.startswith(identifier):
            return [(name, _text(_after(part, identifier, at)))]
    for identifier, name in (("14D", "expiry"), ("16D", "production")):
        if part.startswith(identifier):
            element = _after(part, identifier, at)
            _check_digits(element, 8)
            return [(name, element.long_day())]
    if re.fullmatch(r"Q[0-9]{1,5}", part):
        return [("count", int(part[1:]))]
    if re.match(r"[0-9]{5}", part):
        element = Element("$$5", part[:5], at)
        lot = Element("$", part[5:], at + 5)
        day = ("expiry", _julian(element, today))
        return [day, ("lot", _text(lot))] if lot.value else [day]
    raise UdiError("unknown_identifier", at, NAME, part[:3])


def _dated(part, at, today):
    """Behind ``$$`` or ``$$+``: how many, until when, which lot or serial."""
    name, sign = ("serial", "$$+") if part.startswith("$$+") else ("lot", "$$")
    rest, said = part[len(sign) :], []
    digits = {"8": 2, "9": 5}.get(rest[:1])
    if digits:
        count = Element(sign, rest[1 : 1 + digits], at + len(sign) + 1)
        _check_digits(count, digits)
        said.append(("count", int(count.value)))
        rest = rest[1 + digits :]
    at += len(part) - len(rest)
    if rest[:1] == "7":
        rest, at = rest[1:], at + 1
    elif rest:
        writing = DATES.get(rest[0], "MMYY" if rest[0] in "01" else "")
        if not writing:
            raise UdiError("wrong_date", at, sign, rest)
        flag = 0 if writing == "MMYY" else 1
        element = Element(sign, rest[flag : flag + len(writing)], at + flag)
        said.append(("expiry", _day(element, writing, today)))
        rest, at = rest[flag + len(writing) :], at + flag + len(writing)
    if rest:
        said.append((name, _text(Element(sign, rest, at))))
    return said


def _day(element, writing, today):
    _check_digits(element, len(writing))
    digits, at = element.value, element.position
    if "JJJ" in writing:
        return _julian(Element(element.identifier, digits[:5], at), today)
    if writing == "MMYY":
        digits = f"{digits[2:]}{digits[:2]}00"  # until the end of the month
    elif writing == "MMDDYY":
        digits = f"{digits[4:]}{digits[:4]}"
    try:
        return Element(element.identifier, digits, at).short_day(today)
    except UdiError:  # at a place among digits that stand in another order
        raise element.wrong("wrong_date") from None


def _julian(element, today):
    """The day of YYJJJ: the number of the day in its year."""
    _check_digits(element, 5)
    first = Element("", f"{element.value[:2]}0101", element.position).short_day(today)
    number = int(element.value[2:])
    if not 1 <= number <= 365 + calendar.isleap(first.year):
        raise element.wrong("wrong_date", 2)
    return first + timedelta(days=number - 1)


def _after(part, identifier, at):
    return Element(identifier, part[len(identifier) :], at + len(identifier))


def _text(element):
    if not element.value:
        raise element.wrong("missing_value")
    if len(element.value.replace(" ", "")) > LONGEST:
        raise element.wrong("long_value", LONGEST)
    return element.value


def _check_digits(element, length):
    for index, character in enumerate(element.value):
        if not "0" <= character <= "9":
            raise element.wrong("wrong_character", index)
    if len(element.value) < length:
        raise element.wrong("short_value", len(element.value))
    if len(element.value) > length:
        raise element.wrong("long_value", length)

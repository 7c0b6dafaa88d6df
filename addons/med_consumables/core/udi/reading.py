"""Which kind of barcode it is, and what it says."""

import re
from datetime import date

from . import gs1, hibc, isbt, segmented
from .identification import Udi, UdiError

#: Longer than the longest data carrier that GS1 allows on a pack (Data Matrix).
LONGEST = 2335
BLANKS = " \t\r\n"
#: Which symbol a scanner has read, and what begins a code that is no GS1.
OTHER_SYMBOL = re.compile(r"\][A-Za-z][0-9A-Za-z](?=[*+=&])")


def parse(code: str, today: date, expects_production: bool = False) -> Udi:
    """Read one barcode. ``today`` resolves the century of two-digit years.

    With ``expects_production`` a bare code is read as the second barcode of a pack
    (lot, serial, dates), which alone could as well be a hospital's own code.

    >>> parse("(01)06901234567892(17)150707(10)A213B1", date(2015, 1, 1)).lot
    'A213B1'
    """
    text = code.strip(BLANKS)
    offset = len(code) - len(code.lstrip(BLANKS))
    if not text:
        raise UdiError("empty", 1)
    if len(text) > LONGEST:
        raise UdiError("too_long", offset + LONGEST + 1)
    if read := _standard(text, offset, today) or _other(code, today):
        return read
    if expects_production and not gs1.is_gtin(text):
        return _scanned(text, offset, today)
    if gs1.is_gtin(text):
        return Udi("gs1", di=text.zfill(14))
    for index, character in enumerate(text):
        if not character.isprintable():
            raise UdiError("wrong_character", offset + index + 1, value=text)
    return Udi("hospital", di=text)


def _standard(text: str, offset: int, today: date) -> Udi | None:
    """What a text says that shows by itself which standard it follows."""
    for symbology in gs1.SYMBOLOGIES:
        if text.startswith(symbology):
            rest, at = text[len(symbology) :], offset + len(symbology)
            return _scanned(rest, at, today)
    if text.startswith("("):
        return gs1.read(gs1.printed(text, offset), today)
    for prefix, scheme in (("MA.", segmented.MA), ("AHM.", segmented.AHM)):
        if text.upper().startswith(prefix):
            return segmented.read(scheme, text, offset, today)
    if _looks_like_gs1(text):
        return _scanned(text, offset, today)
    return None


def _other(code: str, today: date) -> Udi | None:
    """HIBC and ISBT 128: a bar code of theirs begins with a sign that no other has."""
    text = code.rstrip(BLANKS)
    offset = len(code) - len(code.lstrip(BLANKS))
    if symbol := OTHER_SYMBOL.match(text, offset):
        offset = symbol.end()
    if text[offset : offset + 1] in ("=", "&"):
        return isbt.read(text[offset:], offset)
    if text.startswith("*+", offset) and text.endswith("*"):  # as Code 39 is printed
        text, offset = text[:-1], offset + 1
    elif not text.startswith("+", offset):
        return None
    elif not hibc.checks(text[offset:]) and hibc.checks(f"{text[offset:]} "):
        text += " "  # the check character is a space, and was taken for the end
    return hibc.read(text[offset:], offset, today)


def _looks_like_gs1(text: str) -> bool:
    return bool(gs1.SEPARATOR.search(text) or re.match(r"01[0-9]{14}", text))


def _scanned(text: str, offset: int, today: date) -> Udi:
    elements = list(gs1.scanned(text, offset))
    if not elements:  # nothing but a prefix or separators
        raise UdiError("empty", offset + 1)
    return gs1.read(iter(elements), today)

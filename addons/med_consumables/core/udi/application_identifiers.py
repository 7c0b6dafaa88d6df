"""GS1 application identifiers: which there are, and what their values look like.

The table is python-stdnum's (GS1 General Specifications, release 25, section 3).
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from stdnum import numdb

from .element import DIGITS

# Read beside the module: inside Odoo, which wraps the loader of stdnum, the package's
# resources are out of reach for numdb.get.
with Path(numdb.__file__).with_name("gs1_ai.dat").open(encoding="utf-8") as table:
    _TABLE = numdb.read(table)
_PART = re.compile(r"\[?\+?([NXYZ])(\.\.)?([0-9]+)\]?")
LONGEST_IDENTIFIER = 4


@dataclass(frozen=True, slots=True)
class Identifier:
    """One application identifier: its digits and the characters of its value.

    ``classes`` is one letter per character of the longest value: N for a digit, X for
    any printable one. ``shortest`` is the least number of characters.
    """

    digits: str
    classes: str
    shortest: int

    @property
    def longest(self) -> int:
        """The greatest number of characters."""
        return len(self.classes)

    @property
    def is_fixed(self) -> bool:
        """Whether every value is equally long, so that no separator follows."""
        return self.longest == self.shortest

    def fits(self, index: int, character: str) -> bool:
        """Whether the value may have this character at ``index`` (from 0)."""
        if self.classes[index] == "N":
            return character in DIGITS
        # The standard has no space, labels do.
        return " " <= character <= "~"


def identifier_at(text: str) -> Identifier | None:
    """The application identifier that ``text`` begins with."""
    return _identifier(text[:LONGEST_IDENTIFIER]) if text else None


@cache
def _identifier(text: str) -> Identifier | None:
    digits, properties = _TABLE.info(text)[0]
    if not properties or not text.startswith(digits):
        return None
    if properties["type"] == "decimal":
        # Measures (31nn to 36nn) carry their decimals in a fourth digit.
        decimals = text[len(digits) : len(digits) + 1]
        if not decimals or decimals not in DIGITS:
            return None
        digits += decimals
    classes, shortest = _characters(properties["format"])
    return Identifier(digits, classes, shortest)


def _characters(format_: str) -> tuple[str, int]:
    """Character classes and least length of a format of the table.

    >>> _characters("N3+X..5")
    ('NNNXXXXX', 4)
    """
    classes, shortest = "", 0
    for part in _PART.finditer(format_):
        length = int(part[3])
        classes += ("N" if part[1] == "N" else "X") * length
        if not part[0].startswith("["):
            shortest += 1 if part[2] else length
    if format_.endswith("[-]"):  # a temperature may be below zero
        classes += "X"
    return classes, shortest

"""Find an item by what people type: its name, its pinyin, its initials or any code.

One text a product, entries between line ends, all in one plain form (small letters, no
accents, full-width characters made narrow). A word that is typed is looked for inside
the entries, so that 注射器, ``zhushe``, ``zsq`` and a part of a code find one item.

Many characters have several readings (重 is zhong or chong). Which one a dictionary
picks depends on the neighbours, so that a name and a part of it may be read otherwise;
that is why a search in characters and one in pinyin so often disagree. Here every
reading is an entry. Names with more readings than ``MOST`` keep all of them for any
``WINDOW`` characters in a row, and for the whole name the usual one.

Readings: pypinyin, from the Unihan database.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from math import prod

from pypinyin import Style, lazy_pinyin, pinyin

#: Readings of one name that are kept in full.
MOST = 32
#: Characters in a row of which all readings are kept, when a name has too many.
WINDOW = 4
_HAN = re.compile(r"[\u3400-\u9fff]+")
_GTIN = re.compile(r"\d{8}|\d{12,13}")
_AROUND_WORDS = "[](),;，；、。\"'"


def plain(text: str) -> str:
    """Small letters without accents, narrow characters, single spaces; ü is v.

    >>> plain("Ｚhù  Shè 器")
    'zhu she 器'
    """
    text = unicodedata.normalize("NFKD", text.lower())
    text = text.replace("u\u0308", "v")  # before the tone: ǜ is u, diaeresis, grave
    text = "".join(c for c in text if unicodedata.category(c) != "Mn")
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def words(query: str) -> list[str]:
    """The words of a query in plain form; each must be found.

    >>> words("[HC0101]  注射器 5ML")
    ['hc0101', '注射器', '5ml']
    """
    stripped = (word.strip(_AROUND_WORDS) for word in plain(query).split())
    return [word for word in stripped if word]


def search_key(names: Iterable[str], codes: Iterable[str]) -> str:
    """All entries under which a product with these names and codes is found.

    A bar code of 8, 12 or 13 digits is also entered as the 14 digits that a device
    identifier has.

    >>> search_key(["导尿管"], ["HC01"]).split()
    ['导尿管', 'daoniaoguan', 'daosuiguan', 'dng', 'dsg', 'hc01']
    """
    entries = {}
    for name in filter(None, names):
        text = plain(name)
        compact = "".join(c for c in text if c.isalnum())
        for entry in (text, compact, *_spellings(compact)):
            entries[entry] = True
    for code in filter(None, codes):
        text = plain(code)
        entries[text] = True
        if _GTIN.fullmatch(text):
            entries[text.zfill(14)] = True
    return "\n".join(["", *filter(None, entries), ""]) if entries else ""


def _spellings(text: str) -> Iterator[str]:
    """``text`` in pinyin and in initials, under every reading; other letters stay."""
    if not _HAN.search(text):
        return
    readings = _readings(text)
    initials = [tuple(dict.fromkeys(r[0] for r in each)) for each in readings]
    yield from _joined(readings)
    yield from _joined(initials)


def _joined(choices: list[tuple[str, ...]]) -> Iterator[str]:
    """Every way to take one of each; windows only where that is more than MOST."""
    if prod(map(len, choices)) <= MOST:
        yield from map("".join, product(*choices))
        return
    yield "".join(each[0] for each in choices)
    for start in range(len(choices) - WINDOW + 1):
        yield from map("".join, product(*choices[start : start + WINDOW]))


def _readings(text: str) -> list[tuple[str, ...]]:
    """For each character its readings without tones, the usual one here first."""
    result, at = [], 0
    for run in _HAN.finditer(text):
        result += [(letter,) for letter in text[at : run.start()]]
        usual = lazy_pinyin(run[0], errors=list)
        result += [
            tuple(dict.fromkeys((here, *_all_readings(character))))
            for here, character in zip(usual, run[0], strict=True)
        ]
        at = run.end()
    return result + [(letter,) for letter in text[at:]]


@cache
def _all_readings(character: str) -> tuple[str, ...]:
    return tuple(pinyin(character, style=Style.NORMAL, heteronym=True)[0])

"""Items that are one item under two names.

Names are compared without width, case, spaces and marks. Two names are near when they
are equal then, or so alike that a reader would ask. Sizes are never near: 5 ml and
10 ml, M and L, 左 and 右 are two items. Names are compared only within blocks (same
sizes, and same beginning or end), so that 20,000 names need seconds, not hours.
"""

import re
import unicodedata
from collections import defaultdict
from difflib import SequenceMatcher

ALIKE = 0.88  # of 1; found by hand on names of hospital items
WINDOW = 12  # neighbours in the order of names that are compared in a block
MARKS = re.compile(r"[\W_]+")
NUMBERS = re.compile(r"\d+(?:\.\d+)?")
LETTERS = re.compile(r"(?<![a-z])[a-z]{1,2}(?![a-z])|[大中小左右男女]|[特加]大")
SHORT = 6  # characters; shorter names are alike by chance


def normal(name: str) -> str:
    """
    >>> normal("一次性 注射器（5ML）") == normal("一次性注射器(5ml)")
    True
    """
    return MARKS.sub("", unicodedata.normalize("NFKC", name).casefold())


def near_pairs(names: dict[int, str]) -> list[tuple[int, int, float]]:
    """Pairs (key, key, likeness in 0..1) of near names; the smaller key first.

    >>> near_pairs({1: "PVC gloves M", 2: "pvc-gloves, m", 3: "PVC gloves L"})
    [(1, 2, 1.0)]
    """
    plain = {key: normal(name) for key, name in names.items()}
    blocks = defaultdict(list)
    for key, name in plain.items():
        if name:
            traits = _traits(names[key])
            blocks["from", traits, name[:2]].append((name, key))
            blocks["to", traits, name[-2:]].append((name[::-1], key))
    found = {}
    for block in blocks.values():
        block.sort()
        for place, (_order, first) in enumerate(block):
            for _order, second in block[place + 1 : place + 1 + WINDOW]:
                pair = (min(first, second), max(first, second))
                if pair in found:
                    continue
                if likeness := _likeness(plain[first], plain[second]):
                    found[pair] = likeness
    return [(first, second, found[first, second]) for first, second in sorted(found)]


def _traits(name: str) -> tuple:
    """What tells two items apart however alike their names: numbers, sizes, sides."""
    name = unicodedata.normalize("NFKC", name).casefold()
    return tuple(sorted(NUMBERS.findall(name) + LETTERS.findall(name)))


def _likeness(first: str, second: str) -> float:
    """How alike, or 0 where the names are not near."""
    if first == second:
        return 1.0
    length = len(first) + len(second)
    # Characters that only one of them has are unmatched: a cheap bound of the ratio.
    if (
        min(len(first), len(second)) < SHORT
        or len(set(first) ^ set(second)) > (1 - ALIKE) * length
    ):
        return 0.0
    match = SequenceMatcher(None, first, second, autojunk=False)
    if match.real_quick_ratio() < ALIKE or match.quick_ratio() < ALIKE:
        return 0.0
    ratio = match.ratio()
    return round(ratio, 3) if ratio >= ALIKE else 0.0

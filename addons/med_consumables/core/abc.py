"""ABC analysis: few items make most of the value of use.

Items are ranked by their yearly value of use. Those that together make the first 70 %
of it are class A, those that make the next 20 % class B, the rest class C.

Source: Silver, Pyke & Thomas, Inventory and Production Management in Supply Chains,
4th ed. (2017), ch. 2.5; cut-offs 70/20/10 as used for hospital consumables.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ranked:
    """Where one item stands. Shares are of the whole value, in [0, 1].

    ``before`` is the share of all items that rank above it.
    """

    letter: str
    rank: int
    value: float
    share: float
    before: float


def classify(
    values: Mapping[Hashable, float], a: float = 0.7, b: float = 0.9
) -> dict[Hashable, Ranked]:
    """The class of each item: ``{item: Ranked}``, dearest first.

    ``values`` is the yearly value of use of each item, in one currency; what is zero or
    less (more came back than was used) is class C and adds nothing to the whole. An
    item belongs to A as long as those above it make less than ``a`` of the value, to B
    less than ``b``: the item that crosses a cut-off is in the higher class. Equal
    values keep the order given.

    >>> ranked = classify({"gauze": 1, "stent": 75, "mask": 4, "glove": 20})
    >>> {item: ranked[item].letter for item in ranked}
    {'stent': 'A', 'glove': 'B', 'mask': 'C', 'gauze': 'C'}
    """
    whole = sum(value for value in values.values() if value > 0)
    ranked, above = {}, 0.0
    ordered = sorted(values.items(), key=lambda item: -item[1])
    for rank, (key, value) in enumerate(ordered, start=1):
        counted = max(value, 0.0)
        before = above / whole if whole else 1.0
        letter = "A" if before < a else "B" if before < b else "C"
        letter = letter if counted else "C"
        share = counted / whole if whole else 0.0
        ranked[key] = Ranked(letter, rank, value, share, before)
        above += counted
    return ranked

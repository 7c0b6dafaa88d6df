"""Which input moved a reorder level most since it was set last.

Each input is compared with its former value; how much it can move a level decides which
one is named. A level follows the mean and the lead time in proportion, and the spread
and the service level by the part that is safety stock.
"""

from dataclasses import dataclass
from math import log


@dataclass(frozen=True, slots=True)
class Basis:
    """What a level rests on: units a day, days, shares in (0, 1), units."""

    mean: float
    spread: float
    lead: float
    service: float
    need: float = 0.0
    known: float = 0.0
    safety_share: float = 0.5


def main_reason(before: Basis | None, now: Basis) -> str:
    """The input that moved most; ``limits`` where none did by one per cent.

    >>> main_reason(None, Basis(10, 3, 4, 0.97))
    'first'
    >>> main_reason(Basis(10, 3, 4, 0.97), Basis(20, 4, 4.2, 0.97))
    'demand'
    >>> main_reason(Basis(10, 3, 4, 0.97), Basis(10, 3, 9, 0.97))
    'lead'
    """
    if before is None:
        return "first"
    safety = now.safety_share
    moved = {
        "demand": _turn(before.mean, now.mean),
        "spread": safety * _turn(before.spread, now.spread),
        "lead": _turn(before.lead, now.lead),
        "service": safety * _turn(1 - before.service, 1 - now.service) / 2,
        "need": _turn(1 + before.need, 1 + now.need),
        "known": _turn(1 + before.known, 1 + now.known),
    }
    reason = max(moved, key=moved.get)
    return reason if moved[reason] >= 0.01 else "limits"


def _turn(before, now):
    least = 1e-6
    return abs(log(max(now, least) / max(before, least)))

"""What can be done about an alert, the best first."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from math import ceil

#: The less it costs and the sooner it helps, the earlier it is proposed.
ORDER = (
    "wait",
    "requisition",
    "transfer",
    "give_away",
    "purchase",
    "substitute",
    "quarantine",
    "return",
    "use_first",
    "into_the_cold",
    "chase",
    "renew",
    "recount",
    "open_recall",
    "revise",
)


#: Steps whose quantity is only said, not moved.
SAID_ONLY = {"wait", "use_first"}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that can be done.

    ``quantity`` in the unit of ``product`` (an id; the alert's own where None), zero
    where there is nothing to measure; ``most`` is how much it can be, where that is
    known. ``place`` is the id of the other department, ``record`` of a document or
    partner there is.
    """

    kind: str
    quantity: float = 0.0
    place: int | None = None
    product: int | None = None
    record: int | None = None
    most: float | None = None

    @property
    def key(self) -> str:
        """Tells the steps of one alert apart, whatever their figures are by now."""
        return f"{self.kind} {self.place or 0} {self.product or 0}"

    @property
    def asks_quantity(self) -> bool:
        """Whether a person may want another quantity."""
        return bool(self.quantity) and self.kind not in SAID_ONLY


@dataclass(frozen=True, slots=True)
class Giver:
    """Another place that holds the item; quantities in the product's unit."""

    key: Hashable
    usable: float
    kept: float = 0.0

    @property
    def spare(self) -> float:
        """What it can give without going below what it keeps."""
        return max(self.usable - self.kept, 0.0)


def best_givers(
    missing: float, givers: Iterable[Giver], at_most: int = 1
) -> list[tuple[Giver, float]]:
    """Who can give, the best first, and how many whole units each.

    One transfer is less work than two: the one that can spare most comes first.

    >>> best_givers(10, [Giver("A", 30, kept=25), Giver("B", 40, kept=5)])
    [(Giver(key='B', usable=40, kept=5), 10)]
    """
    able = [giver for giver in givers if giver.spare >= 1]
    able.sort(key=lambda each: (each.spare, str(each.key)), reverse=True)
    return [(giver, min(missing, float(int(giver.spare)))) for giver in able[:at_most]]


def missing_units(usable: float, coming: float, up_to: float) -> float:
    """Whole units to ask for, so that a place is filled up; never below zero.

    A level that was computed may be 0.16 of a piece; nobody hands out a part of one.

    >>> missing_units(usable=3, coming=5, up_to=20), missing_units(0, 0, 0.16)
    (12.0, 1.0)
    """
    missing = round(up_to - max(usable, 0) - coming, 6)
    return float(max(ceil(missing), 0))


def in_order(steps: Iterable[Step]) -> list[Step]:
    """``steps``, the best first."""
    return sorted(steps, key=lambda step: ORDER.index(step.kind))

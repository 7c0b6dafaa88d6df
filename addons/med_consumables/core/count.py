"""Counting: when a shelf is due, and whether what was counted is right."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

CLASSES = ("A", "B", "C")


def due_on(last: date, abc: str | None, days: Mapping[str, int]) -> date:
    """The day of the next count; an item without a class is counted as class C.

    >>> due_on(date(2026, 3, 1), "A", {"A": 30, "B": 90, "C": 180})
    datetime.date(2026, 3, 31)
    """
    return last + timedelta(days=days[abc if abc in CLASSES else "C"])


def within_tolerance(expected: float, counted: float, percent: float) -> bool:
    """Whether a count differs by no more than ``percent`` of what was expected.

    >>> within_tolerance(200, 198, 1), within_tolerance(200, 197, 1)
    (True, False)
    """
    return abs(counted - expected) <= abs(expected) * percent / 100 + 1e-9


@dataclass(frozen=True, slots=True)
class CountedPile:
    """One count of one pile: a lot (None without one) at one place.

    ``lost`` is what the count missed and nothing has explained yet, in the product's
    unit; negative where it found more than the books said.
    """

    key: int
    lot: int | None
    place: int
    moment: datetime
    lost: Decimal

    @property
    def pile(self):
        return self.lot, self.place


def count_that_found(
    used_at: datetime,
    counts: Iterable[CountedPile],
    uncounted: bool,
    lot: int | None = None,
) -> CountedPile | None:
    """The count that already found missing what was used at ``used_at``, if any.

    Of each pile the first count after the use can have found it; the use, if it names
    no ``lot``, is of the pile of which most is missing. Where nothing is missing it is
    of a counted pile all the same, for the count says what was there after the use;
    unless there are ``uncounted`` piles, of which it may have been.

    >>> noon = datetime(2026, 3, 1, 12)
    >>> counts = [CountedPile(1, 7, 9, noon, Decimal(0)),
    ...           CountedPile(2, 8, 9, noon, Decimal(3))]
    >>> count_that_found(datetime(2026, 3, 1, 11), counts, uncounted=True).key
    2
    >>> count_that_found(datetime(2026, 3, 1, 13), counts, uncounted=False)
    """
    first = {}
    for count in sorted(counts, key=lambda count: (count.moment, count.key)):
        if count.moment > used_at and lot in (None, count.lot):
            first.setdefault(count.pile, count)
    found = max(first.values(), key=lambda count: count.lost, default=None)
    if found and found.lost <= 0 and uncounted and lot is None:
        return None
    return found

"""What will lie on the shelf: less what is used or expires, plus what comes.

First expired, first out: what is used comes off the lots with the nearest date, so a
lot loses on its day only what use did not reach before. Stock does not fall below zero:
what is asked of an empty shelf is lost, not owed.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Batch:
    """``quantity`` units, there from day ``comes`` on and usable until ``expires``.

    Days are counted from today, 0; ``expires`` is None where nothing expires.
    """

    quantity: float
    comes: int = 0
    expires: int | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """Units at the end of a day, and what expired on it."""

    stock: float
    expired: float


def project(batches: list[Batch], use: list[float]) -> list[Day]:
    """The shelf at the end of each day of ``use`` (units a day, from today on).

    >>> [day.stock for day in project([Batch(5), Batch(4, comes=2)], [2, 2, 2])]
    [3.0, 1.0, 3.0]
    >>> project([Batch(5, expires=1)], [2, 2])
    [Day(stock=3.0, expired=0.0), Day(stock=0.0, expired=1.0)]
    """
    piles = [
        [batch.quantity, batch.comes, _never(batch.expires)]
        for batch in sorted(batches, key=lambda batch: _never(batch.expires))
    ]
    days = []
    for day, asked in enumerate(use):
        left = float(asked)
        expired = 0.0
        for pile in piles:
            if pile[1] > day or pile[2] < day:
                continue
            taken = min(pile[0], left)
            pile[0] -= taken
            left -= taken
        for pile in piles:
            if pile[1] <= day and pile[2] <= day:
                expired += pile[0]
                pile[0] = 0.0
        days.append(Day(float(sum(p[0] for p in piles if p[1] <= day)), float(expired)))
    return days


def _never(day):
    return float("inf") if day is None else day

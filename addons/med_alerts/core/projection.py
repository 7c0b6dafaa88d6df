"""Projected stock: what a shelf will hold on each of the next days."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .shelf_life import Pile


@dataclass(frozen=True, slots=True)
class Arrival:
    """Units that arrive, so many days from now (zero or more)."""

    quantity: float
    day: int


def projected_stock(
    piles: Sequence[Pile],
    daily_use: float,
    arrivals: Iterable[Arrival] = (),
    days: int = 30,
) -> list[float]:
    """Units to use at the end of day 0, 1, … ``days``; never below zero.

    Each day: what arrives comes in, what is past its date leaves, then the day's use
    is taken from what expires first. ``piles`` hold usable units; ``days_left`` is
    infinite for what has no date, and what arrives has none.

    >>> projected_stock([Pile(3, 99)], 1.0, [Arrival(5, 2)], days=3)
    [3, 2.0, 6.0, 5.0]
    """
    shelf = [[pile.days_left, pile.quantity] for pile in piles]
    shelf.sort()
    coming = {}
    for arrival in arrivals:
        coming[arrival.day] = coming.get(arrival.day, 0.0) + arrival.quantity
    if coming.get(0):
        shelf.append([float("inf"), coming[0]])
    levels = [sum(quantity for _days, quantity in shelf)]
    for day in range(1, days + 1):
        if coming.get(day):
            shelf.append([float("inf"), coming[day]])
        shelf = [pile for pile in shelf if pile[0] >= day]
        wanted = daily_use
        for pile in shelf:
            taken = min(pile[1], wanted)
            pile[1] -= taken
            wanted -= taken
        levels.append(sum(quantity for _days, quantity in shelf))
    return levels


def runs_out_on(levels: Sequence[float]) -> int | None:
    """The first day on which nothing is left; None where that is not in sight.

    >>> runs_out_on([3, 1, 0, 0])
    2
    """
    return next((day for day, level in enumerate(levels) if level <= 1e-9), None)

"""Lots that expire: how long they have left and what will not be used in time.

A place uses what expires first, first (FEFO), at its daily use.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pile:
    """One lot in one place: units that may be used, days until its date."""

    quantity: float
    days_left: float


def unused_at_expiry(
    piles: Sequence[Pile], daily_use: float, used: float = 0.0
) -> list[float]:
    """What of each lot is left on the day it expires; in the order given, in units.

    ``piles`` are sorted by date, the first to expire first; ``used`` units of them have
    been used and are not posted yet. With Q the sum of the lots so far, less ``used``,
    and d the daily use, what is left of all lots up to i together is

        W_i = max over j <= i of max(0, Q_j - d * days_left_j)

    and of lot i alone W_i - W_(i-1): pieces that an earlier lot could not use up cannot
    be made up for later, and use of a later lot never saves an earlier one.

    >>> unused_at_expiry([Pile(40, 20), Pile(10, 60)], daily_use=1.0)
    [20.0, 0.0]
    """
    total, wasted = -used, 0.0
    left = []
    for pile in piles:
        total += pile.quantity
        so_far = max(wasted, total - daily_use * max(pile.days_left, 0.0))
        left.append(so_far - wasted)
        wasted = so_far
    return left

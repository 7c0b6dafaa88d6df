"""Stock that will expire where it lies, moved to where it will be used in time.

What will be wasted at a place is what lies there beyond the use until its expiry; what
another place can take is its use until then beyond what it holds for that time. The
nearest expiry goes first, from the largest waste to the place with the least.

Use comes in lines, and few large lines may come late: a giver keeps what it needs with
a good chance, a receiver is given what it uses with a good chance. Between the two lies
what nobody can say, which stays where it is.
"""

from dataclasses import dataclass

import numpy as np

from .error_table import gamma_quantile

#: Weeks ahead in which waste is foreseen.
WEEKS_AHEAD = 20
#: A giver keeps this quantile of its use until an expiry, a receiver takes up to that.
KEPT, TAKEN = 0.7, 0.4
WEEK = 7.0


@dataclass(frozen=True, slots=True)
class Move:
    """Move ``quantity`` units that expire in week ``week`` from one row to another."""

    source: int
    target: int
    week: int
    quantity: float


def level_out(
    by_week: np.ndarray, daily: np.ndarray, group: np.ndarray, lump=0.0
) -> list[Move]:
    """Moves between rows of the same ``group`` (rows,), in whole units.

    ``by_week`` (rows, weeks) is stock by week of expiry, the week that begins now
    first; ``daily`` (rows,) is use, units a day, and ``lump`` the variance of use over
    its mean: about the size of a line, 0 for steady use. No place is given what would
    expire there too, and none gives what it will use itself.

    >>> stock = np.array([[30.0, 0.0], [0.0, 0.0]])
    >>> level_out(stock, np.array([1.0, 2.0]), np.array([5, 5]))
    [Move(source=0, target=1, week=0, quantity=14.0)]
    """
    stock = np.array(by_week[:, :WEEKS_AHEAD], float)
    use = daily[:, None] * WEEK * (np.arange(stock.shape[1]) + 1)
    spread = np.sqrt(np.reshape(lump, (-1, 1)) * use)
    kept, taken = (gamma_quantile(use, spread, share) for share in (KEPT, TAKEN))
    wasted = (np.cumsum(stock, 1) - kept).max(1, initial=0)
    moves = []
    risky = np.unique(group[(wasted >= 1) & (daily >= 0)])
    for one in risky:
        rows = np.flatnonzero(group == one)
        if len(rows) > 1:
            moves += _level_group(stock, taken, wasted, rows)
    return moves


def _level_group(stock, taken, wasted, rows):
    moves = []
    for source in rows[np.argsort(-wasted[rows], kind="stable")]:
        for target in rows[np.argsort(wasted[rows], kind="stable")]:
            if wasted[source] < 1:
                break
            if target == source:
                continue
            moves += _move(stock, taken, wasted, int(source), int(target))
    return moves


def _move(stock, taken, wasted, source, target):
    moves = []
    for week in np.flatnonzero(stock[source] > 0):
        # A unit more in this week makes every later week tighter too.
        room = (taken[target] - np.cumsum(stock[target]))[week:]
        fits = min(stock[source, week], room.min(), wasted[source])
        quantity = float(np.floor(fits + 1e-9))
        if quantity < 1:
            continue
        stock[source, week] -= quantity
        stock[target, week] += quantity
        wasted[source] -= quantity
        moves.append(Move(source, target, int(week), quantity))
    return moves

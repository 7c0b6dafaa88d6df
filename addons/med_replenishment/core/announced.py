"""Use that was announced (theatre list, campaigns), apart from what is foreseen.

What is announced is planned on its own day, so the forecast reads the past without it.
That a unit had been announced shows on the day on which its use is recorded: the same
day, the next one when an operation ends after midnight, or the day of a count. So what
is announced waits until use takes it up, for ``reach`` days at most; what was announced
and never used takes nothing away. What cases announce comes again, and is taken out of
the forecast as far as lists reach; what somebody enters by hand does not.
"""

import numpy as np

#: Use is recorded within so many days of the day announced.
REACH = 7
#: What is announced so regularly that it goes on is seen in the last quarter.
LATELY = 91


def taken_up(quantity: np.ndarray, known: np.ndarray, reach) -> np.ndarray:
    """The part of ``quantity`` (items, days) that ``known`` had announced.

    With w what waits, w(t) = min(w(t-1) - taken(t-1), known of the last ``reach`` days
    before t) + known(t), and taken(t) = min(w(t), quantity(t)).

    >>> taken_up(np.array([[0.0, 9.0]]), np.array([[5.0, 0.0]]), 7).tolist()
    [[0.0, 5.0]]
    """
    taken = np.zeros(quantity.shape, np.float32)
    rows = np.flatnonzero(known.any(1))
    if not len(rows):
        return taken
    known, use = known[rows], np.maximum(quantity[rows], 0)
    reach = np.broadcast_to(np.asarray(reach, int), (len(quantity),))[rows]
    before = np.zeros((len(rows), known.shape[1] + 1))
    np.cumsum(known, axis=1, out=before[:, 1:])
    row, waits = np.arange(len(rows)), np.zeros(len(rows))
    for day in range(known.shape[1]):
        recent = before[:, day] - before[row, np.maximum(day - reach, 0)]
        waits = np.minimum(waits, recent) + known[:, day]
        took = np.minimum(waits, use[:, day])
        taken[rows, day] = took
        waits -= took
    return taken


def share_told(coming: np.ndarray, usual: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Which share of what cases use in the next ``days`` (items,) is on a list already.

    ``coming`` (items, any number of days) are lines on the list of the place, of all
    its items, ``usual`` (items,) those of a day of late:

        share = lines on the list in these days / (usual lines a day * days), 1 at most

    Only so much of the past is taken out of the forecast: the rest is foreseen, with
    the spread it had. A list that comes late, or not at all, leaves no gap.

    >>> share_told(np.array([[3.0, 3.0, 0.0, 0.0]]), np.array([3.0]), np.array([4]))
    array([0.5])
    """
    total = np.cumsum(np.pad(coming, ((0, 0), (1, 0))), axis=1)
    told = total[np.arange(len(total)), np.minimum(days, coming.shape[1])]
    return np.clip(told / np.maximum(usual * days, 1e-9), 0, 1) * (usual > 0)

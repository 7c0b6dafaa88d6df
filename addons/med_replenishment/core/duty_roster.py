"""Whether the number of people on duty helps to foresee use, and by how much.

A department's use of a week is foreseen from its level before the week, once as it is
and once in proportion to the people on duty in that week against those of the weeks
before. Which of the two was nearer to what came decides; the roster is used only where
it made the error clearly smaller, since every input that does not help makes it larger.

    F = level            F' = level * duty_w / mean(duty of the weeks before)

Rolling origin: nothing but earlier weeks is known at each (Tashman, Int. J. of
Forecasting 16 (2000)).
"""

from dataclasses import dataclass

import numpy as np

#: Weeks that a level, and the usual number of people, are taken from.
MEMORY = 8
#: Weeks on which both must have been tried.
LEAST_WEEKS = 12
#: By which share of the error the roster must be better to be used.
LEAST_GAIN = 0.02
#: No roster halves or doubles use beyond this.
MOST, LEAST = 2.0, 0.5


@dataclass(frozen=True, slots=True, eq=False)
class RosterTest:
    """(items,): WAPE without and with the roster, weeks tried, and whether it helps.

    WAPE is NaN where nothing was used.
    """

    without: np.ndarray
    with_roster: np.ndarray
    weeks: int
    helps: np.ndarray


def try_roster(weekly: np.ndarray, duty: np.ndarray) -> RosterTest:
    """Try the roster on ``weekly`` use (items, weeks) with ``duty`` (items, weeks).

    ``duty`` is people (or shifts) a week, NaN where no roster is known.

    >>> people = np.tile([4.0, 8.0], 20)[None, :]
    >>> try_roster(people * 5, people).helps.tolist()
    [True]
    >>> try_roster(np.full((1, 40), 30.0), people).helps.tolist()
    [False]
    """
    items, weeks = weekly.shape
    missed = np.zeros((2, items))
    total, tried = np.zeros(items), np.zeros(items, int)
    for week in range(MEMORY, weeks):
        before = slice(week - MEMORY, week)
        factor = duty_factor(duty[:, before], duty[:, week])
        load = np.nan_to_num(
            weekly[:, before] / np.maximum(duty[:, before], 1e-9), nan=np.nan
        )
        known = np.isfinite(factor) & np.isfinite(weekly[:, week])
        known &= np.isfinite(weekly[:, before]).all(1) & np.isfinite(load).all(1)
        level = np.where(known, weekly[:, before].mean(1, where=known[:, None]), 0.0)
        people = np.where(known, duty[:, before].mean(1, where=known[:, None]), 0.0)
        per_head = np.where(known, load.mean(1, where=known[:, None]), 0.0)
        came = np.where(known, weekly[:, week], 0.0)
        missed[0] += np.abs(came - level)
        missed[1] += np.abs(came - np.where(known, per_head * people * factor, 0.0))
        total += came
        tried += known
    with np.errstate(invalid="ignore", divide="ignore"):
        without, helped = np.where(total > 0, missed / total, np.nan)
    better = helped < without * (1.0 - LEAST_GAIN)
    return RosterTest(
        without, helped, int(tried.max(initial=0)), better & (tried >= LEAST_WEEKS)
    )


def duty_factor(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """People ``now`` (items,) over the usual of the weeks ``before`` (items, weeks).

    Between a half and double; NaN where either is unknown.
    """
    usual = before.mean(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.clip(now / np.where(usual > 0, usual, np.nan), LEAST, MOST)

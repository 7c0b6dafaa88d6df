"""What a procedure needs, learned from what it has used.

A preference card says how many pieces are laid out and how many are expected to be
used. Both follow from the use of past cases, with the cases that used none counted as
zero:

    expected = mean use per case          what a plan of many cases adds up to
    enough   = nearest-rank quantile      what was enough in a share of the cases
    spread   = standard deviation of use per case (n - 1)

Source: nearest-rank quantile as in Hyndman & Fan, Sample Quantiles in Statistical
Packages (1996), definition 1.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import fmean, stdev

#: An item used in fewer cases than this share belongs on no card.
LEAST_SHARE = 0.2
#: What is laid out was enough in this share of the cases.
ENOUGH_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Learned:
    """Use of one item in the cases of one procedure; units per case."""

    item: Hashable
    share: float  # of the cases that used any, 0 to 1
    expected: float
    deviation: float
    enough: float


def learn(
    cases: Sequence[Mapping[Hashable, float]],
    least_share: float = LEAST_SHARE,
    enough_share: float = ENOUGH_SHARE,
) -> list[Learned]:
    """A card from the use of past cases: one mapping ``{item: units}`` a case.

    Net use below zero (a return of what another case used) counts as none.

    >>> [card] = learn([{"mesh": 1}, {"mesh": 2}, {"mesh": 1}, {}])
    >>> card.share, card.expected, card.enough, round(card.deviation, 3)
    (0.75, 1.0, 2, 0.816)
    """
    if not cases:
        return []
    items = dict.fromkeys(item for case in cases for item in case)
    learned = []
    for item in items:
        uses = sorted(max(case.get(item, 0), 0) for case in cases)
        share = sum(use > 0 for use in uses) / len(uses)
        if share and share >= least_share:
            rank = max(ceil(enough_share * len(uses)), 1)
            spread = stdev(uses) if len(uses) > 1 else 0.0
            learned.append(Learned(item, share, fmean(uses), spread, uses[rank - 1]))
    return learned

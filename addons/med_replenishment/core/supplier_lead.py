"""Lead time of one item from one supplier: two levels of shrinkage, and open orders.

How far a supplier keeps its promises is learned over all its items, as the ratio of
actual to promised days; that is where an item starts from. The item's own receipts then
draw it to what was measured. An open order that is older than what is expected is
evidence, too, though it has not arrived: it counts as a receipt of its age and the time
that still has to be expected (the lead time is at least that long: right censoring).

Source: Gelman and others, Bayesian Data Analysis, 3rd ed. (2013), 5.4 (normal model
with two levels); Klein & Moeschberger, Survival Analysis (2003), 3.2 (censoring).

All times are in days; a variance is in days squared, that of a ratio has no unit.
"""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from .lead_time import PROMISE_SPREAD, PROMISE_WEIGHT, LeadTime

Z90 = NormalDist().inv_cdf(0.9)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was measured: how often, mean and variance."""

    count: int = 0
    mean: float = 0.0
    variance: float = 0.0


def keeping_of_promises(ratios: Seen) -> Seen:
    """Actual over promised of a supplier, drawn to one.

    >>> keeping_of_promises(Seen()).mean
    1.0
    >>> keeping_of_promises(Seen(4, 1.5, 0.0)).mean
    1.25
    """
    weight = PROMISE_WEIGHT + ratios.count
    mean = (PROMISE_WEIGHT + ratios.count * ratios.mean) / weight
    spread = PROMISE_WEIGHT * (PROMISE_SPREAD**2 + (1.0 - mean) ** 2)
    spread += ratios.count * (ratios.variance + (ratios.mean - mean) ** 2)
    return Seen(ratios.count, mean, spread / weight)


def planned_lead_time(
    promised: float,
    item: Seen = Seen(),  # noqa: B008  immutable
    supplier: Seen = Seen(),  # noqa: B008
    open_ages: tuple[float, ...] = (),
) -> LeadTime:
    """The lead time to plan with.

    ``supplier`` are its ratios of actual to promised over all items, ``item`` the days
    that this item took, ``open_ages`` how long the open orders have been out.

        prior = promised * ratio          mean = (W prior + n mean_n + sum open) / (...)

    >>> planned_lead_time(10).mean, planned_lead_time(10).deviation
    (10.0, 2.5)
    >>> planned_lead_time(10, Seen(4, 14.0, 4.0)).mean
    12.0
    >>> planned_lead_time(10, supplier=Seen(4, 1.5, 0.0)).mean
    12.5

    An order that is out for 30 days already moves the rule today:

    >>> round(planned_lead_time(10, open_ages=(30,)).mean, 1)
    14.5
    """
    ratio = keeping_of_promises(supplier)
    prior = Seen(
        PROMISE_WEIGHT, promised * ratio.mean, promised * promised * ratio.variance
    )
    known = _mix([prior, item])
    rest = sqrt(known.variance)
    late = [Seen(1, age + rest, 0.0) for age in open_ages if age > known.mean]
    mixed = _mix([prior, item, *late])
    return LeadTime(mixed.mean, sqrt(mixed.variance))


def ninety_percent(lead: LeadTime) -> float:
    """Nine of ten orders are here within these days (normal).

    >>> round(ninety_percent(LeadTime(10.0, 2.0)), 2)
    12.56
    """
    return lead.mean + Z90 * lead.deviation


def has_worsened(before: Seen, recent: Seen, least: int = 3) -> bool:
    """Whether recent lead times are longer than chance explains (Welch, two sigma).

    With fewer than ``least`` of either nothing is said. A day more is no worsening.

    >>> has_worsened(Seen(20, 5.0, 1.0), Seen(6, 9.0, 2.0))
    True
    >>> has_worsened(Seen(20, 5.0, 16.0), Seen(3, 7.0, 16.0))
    False
    """
    if min(before.count, recent.count) < least:
        return False
    difference = recent.mean - before.mean
    error = sqrt(before.variance / before.count + recent.variance / recent.count)
    return difference > max(2.0 * error, 1.0)


def _mix(parts: list[Seen]) -> Seen:
    """Several groups of measurements as one: mean, and spread around it."""
    count = sum(part.count for part in parts)
    mean = sum(part.count * part.mean for part in parts) / count
    spread = sum(
        part.count * (part.variance + (part.mean - mean) ** 2) for part in parts
    )
    return Seen(count, mean, spread / count)

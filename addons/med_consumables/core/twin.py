"""Two reports of one use: a ward's scan and a charge of the information system."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Report:
    """One line that may be half of a pair.

    ``what`` must be equal for two reports of one use: department, product, kind and
    quantity. ``by_ward`` tells a ward's own report from a charge. ``strict`` reports
    pair only where both name the same visit.
    """

    key: int
    what: Hashable
    moment: datetime
    by_ward: bool
    token: str | None = None
    lot: str | None = None
    strict: bool = False


def may_be_one_use(one: Report, other: Report, window: timedelta) -> bool:
    """Whether two reports can mean the same use.

    What one leaves open (visit, lot) does not part them; what both say must agree.
    """
    if one.by_ward == other.by_ward or one.what != other.what:
        return False
    if abs(one.moment - other.moment) > window:
        return False
    if one.token and other.token:
        same_visit = one.token == other.token
    else:
        same_visit = not (one.strict or other.strict)
    return same_visit and (not one.lot or not other.lot or one.lot == other.lot)


def pair(
    reports: Iterable[Report], candidates: Iterable[Report], window: timedelta
) -> dict[int, int]:
    """Which candidate each report repeats: ``{report key: candidate key}``.

    In the order of the events; each candidate once. Of several that fit, one that
    names the same visit comes first, then the nearest in time, then the oldest.
    """
    by_what = defaultdict(list)
    for candidate in candidates:
        by_what[candidate.what].append(candidate)
    pairs, taken = {}, set()
    for report in sorted(reports, key=lambda one: (one.moment, one.key)):
        fitting = [
            candidate
            for candidate in by_what[report.what]
            if candidate.key not in taken
            and candidate.key != report.key
            and may_be_one_use(report, candidate, window)
        ]
        if not fitting or report.key in taken:
            continue
        best = min(
            fitting,
            key=lambda other: (
                not (report.token and report.token == other.token),
                abs(report.moment - other.moment),
                other.key,
            ),
        )
        pairs[report.key] = best.key
        taken |= {report.key, best.key}
    return pairs

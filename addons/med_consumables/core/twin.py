"""Reports of one use from two sources: a ward's scans and a system's charges.

One charge of three pieces and three scans of one are the same use, and the other way
round. So reports do not pair, they gather: a group is open as long as one source has
told of more pieces than the other, and a report of the other source joins it.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

#: Quantities have at most six digits after the point.
NOTHING = 1e-6


@dataclass(frozen=True, slots=True)
class Report:
    """One line that may belong to a group.

    ``what`` must be equal for two reports of one use: department, product and kind.
    ``by_ward`` tells a ward's own report from a charge. ``strict`` reports gather only
    where both name the same visit.
    """

    key: int
    what: Hashable
    moment: datetime
    by_ward: bool
    quantity: float = 1.0
    token: str | None = None
    lot: str | None = None
    strict: bool = False


@dataclass(slots=True)
class Group:
    """Reports of one use so far. ``more`` pieces were told by one side (``by_ward``).

    ``since`` is the number of its oldest report: of two that fit, the older one is
    served first. ``lots`` are those that each side has named.
    """

    key: Hashable
    what: Hashable
    moment: datetime
    since: int
    by_ward: bool
    more: float
    token: str | None = None
    lots: dict[bool, set[str]] = field(default_factory=lambda: defaultdict(set))
    members: set[int] = field(default_factory=set)
    only: Report | None = None

    @classmethod
    def alone(cls, key: Hashable, report: Report) -> "Group":
        """A report that has no other one yet."""
        group = cls(
            key,
            report.what,
            report.moment,
            report.key,
            report.by_ward,
            report.quantity,
            report.token,
        )
        group._note(report)
        group.only = report
        return group

    def may_take(self, report: Report, window: timedelta) -> bool:
        """Whether the report can tell of pieces that the other side told of.

        What one leaves open (visit, lot) does not part them; what both say must agree.
        """
        if self.more <= NOTHING or self.by_ward == report.by_ward:
            return False
        if self.what != report.what or report.key in self.members:
            return False
        if abs(self.moment - report.moment) > window:
            return False
        if report.token and self.token:
            same_visit = report.token == self.token
        else:
            same_visit = not report.strict
        lots = self.lots[self.by_ward]
        return same_visit and (not report.lot or not lots or report.lot in lots)

    def take(self, report: Report) -> None:
        """Let the report join. Where it tells of more pieces than the other side did,
        what is too much is now open to that side."""
        self.more -= report.quantity
        if self.more < 0:
            self.more, self.by_ward = -self.more, report.by_ward
        self.token = self.token or report.token
        self.only = None
        self._note(report)

    def _note(self, report):
        self.members.add(report.key)
        if report.lot:
            self.lots[report.by_ward].add(report.lot)


def gather(
    reports: Iterable[Report], groups: Iterable[Group], window: timedelta
) -> list[tuple[int, Hashable]]:
    """Which group each report joins: ``[(report key, group key)]``, in this order.

    In the order of the events. Of several groups that fit, one of the same visit comes
    first, then one that lacks just so many pieces, then the nearest in time, then the
    oldest. A report of more pieces than its group lacks brings single reports of the
    other side with it, as long as they fit whole. A report that no group takes is not
    in the answer; a later report may join the group that it makes.
    """
    by_what = defaultdict(list)
    for group in groups:
        by_what[group.what].append(group)
    joins = []
    for report in sorted(reports, key=lambda one: (one.moment, one.key)):
        known = by_what[report.what]
        own = next((group for group in known if report.key in group.members), None)
        if own and len(own.members) > 1:
            continue  # another report has joined it already
        fitting = [group for group in known if group.may_take(report, window)]
        if not fitting:
            continue
        best = min(fitting, key=lambda group: _preference(report, group))
        best.take(report)
        if own:
            known.remove(own)
        joins.append((report.key, best.key))
        joins += _bring(best, report, known, window)
    return joins


def _preference(report, group):
    return (
        not (report.token and report.token == group.token),
        abs(group.more - report.quantity) > NOTHING,
        abs(report.moment - group.moment),
        group.since,
    )


def _bring(group, report, known, window):
    """Single reports of the other side that fit what ``report`` told of more."""
    brought = []
    singles = [single for single in known if single.only and single is not group]
    for single in sorted(singles, key=lambda single: _preference(report, single)):
        if group.by_ward != report.by_ward or group.more <= NOTHING:
            break
        other = replace(single.only, strict=report.strict)
        fits = other.quantity <= group.more + NOTHING
        if fits and group.may_take(other, window):
            group.take(other)
            known.remove(single)
            brought.append((other.key, group.key))
    return brought

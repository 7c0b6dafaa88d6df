"""May we pay: what is left of a budget line, before and after an order.

    available = planned - requested - ordered - spent
    available to date = planned up to this month - requested - ordered - spent

requested: agreed to and not ordered yet; ordered: confirmed and not received yet;
spent: used. All amounts are in the company's currency, taxes that cannot be deducted
included. An order turns what was requested into ordered, so that asking and ordering
the same thing counts once.
"""

from dataclasses import dataclass
from typing import Literal

Policy = Literal["warn", "block"]
MonthPolicy = Literal["pass", "warn", "block"]
Verdict = Literal["ok", "warn", "block"]

#: The milder first.
VERDICTS = ("ok", "warn", "block")


@dataclass(frozen=True, slots=True)
class Figures:
    """One budget line at one moment; amounts of money, spent may be negative.

    ``planned_to_date`` is what its months up to this one are given; None where the
    whole period's money may be promised on its first day.
    """

    planned: float = 0.0
    requested: float = 0.0
    ordered: float = 0.0
    spent: float = 0.0
    planned_to_date: float | None = None

    @property
    def committed(self) -> float:
        """What is promised to somebody and not used yet."""
        return self.requested + self.ordered

    @property
    def available(self) -> float:
        """What may still be promised; below zero the line is overdrawn."""
        return self.planned - self.committed - self.spent

    @property
    def available_to_date(self) -> float:
        """What of this month and those before it may still be promised."""
        if self.planned_to_date is None:
            return self.available
        return self.planned_to_date - self.committed - self.spent

    @property
    def used_rate(self) -> float:
        """Promised and spent as a percentage of planned, at least 0.

        >>> Figures(planned=200.0, ordered=30.0, spent=20.0).used_rate
        25.0
        >>> Figures(planned=0.0, spent=1.0).used_rate
        100.0
        """
        return self._rate_of(self.planned)

    @property
    def used_rate_to_date(self) -> float:
        """Promised and spent as a percentage of what is planned up to this month.

        >>> Figures(1200.0, spent=330.0, planned_to_date=300.0).used_rate_to_date
        110.0
        """
        whole = self.planned if self.planned_to_date is None else self.planned_to_date
        return self._rate_of(whole)

    def _rate_of(self, planned: float) -> float:
        used = self.committed + self.spent
        if planned <= 0:
            return 100.0 if used > 0 else 0.0
        return max(0.0, 100.0 * used / planned)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a budget line says to an order, with the numbers to explain it.

    ``of_months``: the period would pay, its months up to this one do not.
    """

    verdict: Verdict
    before: Figures
    after: Figures
    short_by: float
    of_months: bool = False

    @property
    def this_order(self) -> float:
        """What the order adds to the line's commitments to suppliers."""
        return self.after.ordered - self.before.ordered

    @property
    def released(self) -> float:
        """What had been requested and becomes part of this order."""
        return self.before.requested - self.after.requested

    @property
    def adds(self) -> float:
        """What is promised anew, by an order to a supplier or by a request."""
        return max(self.this_order, -self.released)

    @property
    def still_requested(self) -> float:
        """What is requested beside it."""
        return min(self.before.requested, self.after.requested)


def decide(
    before: Figures,
    after: Figures,
    policy: Policy,
    coin: float = 0.01,
    month_policy: MonthPolicy = "pass",
) -> Decision:
    """Whether what leads from ``before`` to ``after`` may be agreed to.

    ``coin`` is the currency's smallest unit: less than half of it is no shortage. An
    order that adds nothing to a line passes it, even if the line is overdrawn; one of
    what was requested adds to what is ordered. Where both the period and its months are
    short, the stricter one speaks, and among equals the period.

    >>> full = Figures(planned=100.0, ordered=60.0, spent=30.0)
    >>> decide(full, Figures(100.0, 0.0, 75.0, 30.0), "block").short_by
    5.0
    """
    added = max(after.ordered - before.ordered, after.committed - before.committed)
    passes = Decision("ok", before, after, 0.0)
    if added < coin / 2:
        return passes
    said = [
        Decision(verdict, before, after, round(-left / coin) * coin, of_months)
        for verdict, left, of_months in (
            (policy, after.available, False),
            (month_policy, after.available_to_date, True),
        )
        if verdict != "pass" and -left >= coin / 2
    ]
    return max(said, key=lambda each: VERDICTS.index(each.verdict), default=passes)

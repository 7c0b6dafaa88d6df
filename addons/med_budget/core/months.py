"""The money of a period by months: how an amount is spread over them."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal


def months_of(first: date, last: date) -> list[date]:
    """The first day of each month that has a day from ``first`` to ``last``.

    >>> [f"{month:%Y-%m}" for month in months_of(date(2026, 11, 20), date(2027, 1, 3))]
    ['2026-11', '2026-12', '2027-01']
    """
    months = []
    month = first.replace(day=1)
    while month <= last:
        months.append(month)
        month += timedelta(days=monthrange(month.year, month.month)[1])
    return months


def even_weights(first: date, last: date) -> list[Decimal]:
    """A whole month weighs 1, one that the period only has a part of, that part.

    >>> [str(weight) for weight in even_weights(date(2026, 6, 16), date(2026, 8, 31))]
    ['0.5', '1', '1']
    """
    weights = []
    for month in months_of(first, last):
        length = monthrange(month.year, month.month)[1]
        end = month + timedelta(days=length - 1)
        days = (min(end, last) - max(month, first)).days + 1
        weights.append(Decimal(days) / length)
    return weights


def kept_weights(
    known: dict[date, float], months: Sequence[date]
) -> list[Decimal] | None:
    """The shape of ``known`` amounts for other ``months``; None where there is none.

    As many months keep their shape in order (a year moved by one); otherwise each month
    keeps its own amount.
    """
    in_order = [known[month] for month in sorted(known)]
    if len(in_order) != len(months):
        in_order = [known.get(month, 0.0) for month in months]
    return [Decimal(str(amount)) for amount in in_order] if any(in_order) else None

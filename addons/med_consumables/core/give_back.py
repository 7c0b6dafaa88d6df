"""Which earlier uses a return gives back.

A return never exceeds what was used: it is covered whole or not at all, for half a
posted return would hide that the other half has no use to come from.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Used:
    """One use that may come back; ``left`` of it has not come back yet."""

    key: Hashable
    left: Decimal


@dataclass(frozen=True, slots=True)
class GivenBack:
    """``quantity`` of the use ``key`` comes back."""

    key: Hashable
    quantity: Decimal


def give_back(
    wanted: Decimal, uses: list[Used]
) -> tuple[list[GivenBack], Decimal | None]:
    """Cover a return of ``wanted`` from ``uses`` in their order, the newest first.

    Returns the parts and None, or no parts and the quantity that no use covers.

    >>> parts, missing = give_back(
    ...     Decimal(3), [Used("late", Decimal(2)), Used("early", Decimal(4))]
    ... )
    >>> [(part.key, int(part.quantity)) for part in parts], missing
    ([('late', 2), ('early', 1)], None)
    >>> give_back(Decimal(3), [Used("only", Decimal(1))])
    ([], Decimal('2'))
    """
    parts = []
    for use in uses:
        quantity = min(wanted, use.left)
        if quantity > 0:
            parts.append(GivenBack(use.key, quantity))
            wanted -= quantity
        if wanted <= 0:
            return parts, None
    return [], wanted

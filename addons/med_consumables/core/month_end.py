"""Month closing: opening + in - out = closing, per place and item, to the cent.

Value follows average cost: at the end of the month the value of an item is what came
into the hospital less what left it, and each place holds its share by quantity. What
moves between two places is valued at that average, so it adds nothing to the whole.
The rest in each place (dearer pieces came here, cheaper ones went there) is shown as
revaluation; over all places it is nothing but rounding.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from .apportion import apportion

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Flow:
    """What moved of one item from one place to another in the month.

    A place of None is outside (supplier, patient, scrap, count). ``value`` is that of
    the valued moves, zero between two places.
    """

    item: Hashable
    source: Hashable | None
    destination: Hashable | None
    quantity: float
    value: float


@dataclass(frozen=True, slots=True)
class Holding:
    """Quantity and value of one item in one place."""

    quantity: float = 0.0
    value: Decimal = Decimal(0)


@dataclass(slots=True)
class Row:
    """One item in one place over the month."""

    opening: Holding
    in_quantity: float = 0.0
    out_quantity: float = 0.0
    in_value: Decimal = Decimal(0)
    out_value: Decimal = Decimal(0)
    closing: Holding = Holding()

    @property
    def quantity(self) -> float:
        """What is there at the end, by what moved; in the item's unit."""
        return self.opening.quantity + self.in_quantity - self.out_quantity

    @property
    def revaluation(self) -> Decimal:
        """What the value changed by without anything having moved: a new cost."""
        return self.closing.value - self.opening.value - self.in_value + self.out_value


def cents(value: float | Decimal) -> Decimal:
    """Money to the cent, from the digits that are shown and not from their bits."""
    return Decimal(str(value)).quantize(CENT)


def month_end(
    opening: Mapping[tuple, Holding], flows: Iterable[Flow]
) -> dict[tuple, Row]:
    """``{(place, item): Row}`` from what was there and what moved.

    >>> rows = month_end({}, [Flow("g", None, "store", 10, 25.0),
    ...                       Flow("g", "store", "icu", 4, 0.0)])
    >>> [str(rows[place, "g"].closing.value) for place in ("store", "icu")]
    ['15.00', '10.00']
    """
    rows = {key: Row(holding) for key, holding in opening.items()}
    by_item = defaultdict(list)
    for flow in flows:
        by_item[flow.item].append(flow)
    items = {item for _place, item in rows} | set(by_item)
    places = defaultdict(set)
    for place, item in rows:
        places[item].add(place)
    for item in items:
        for flow in by_item[item]:
            for place in (flow.source, flow.destination):
                if place is not None:
                    rows.setdefault((place, item), Row(Holding()))
                    places[item].add(place)
        _close_item(
            [rows[place, item] for place in sorted(places[item], key=str)],
            by_item[item],
            {place: rows[place, item] for place in places[item]},
        )
    return rows


def _close_item(rows, flows, by_place):
    total = sum((row.opening.value for row in rows), Decimal(0))
    for flow in flows:
        source, destination = by_place.get(flow.source), by_place.get(flow.destination)
        value = cents(flow.value)
        if source:
            source.out_quantity += flow.quantity
        if destination:
            destination.in_quantity += flow.quantity
        if source and not destination:
            source.out_value += value
            total -= value
        elif destination and not source:
            destination.in_value += value
            total += value
    quantity = sum(row.quantity for row in rows)
    average = total / cents(quantity) if cents(quantity) else Decimal(0)
    for flow in flows:
        if flow.source in by_place and flow.destination in by_place:
            value = cents(Decimal(str(flow.quantity)) * average)
            by_place[flow.source].out_value += value
            by_place[flow.destination].in_value += value
    weights = [max(cents(row.quantity), Decimal(0)) for row in rows]
    if sum(weights):
        shares = apportion(total, weights, CENT)
    else:
        shares = [total if row is rows[0] else Decimal(0) for row in rows]
    for row, share in zip(rows, shares, strict=True):
        row.closing = Holding(float(row.quantity), share)

"""OMS^O05: a cabinet's transactions (ZPM), or a stock requisition (RQD).

Source: HL7 v2.9.1, 4.10.1 OMS and 4.11.1 RQD; for ZPM the interface of US VA dispensing
equipment: V dispensed, R returned, W wasted, C counted; F, L and U fill or empty a
pocket, which uses nothing; B says that a pocket is empty. Only with a ZPM does an OMS
report use; without one it asks for stock.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from .charge import Remaining, Skipped
from .line import charge_of, read_item
from .ras import sorted_out

FAMILY = "cabinet"
OPENER = "ZPM"
SEGMENTS = frozenset({"MSH", "EVN", "PID", "PV1", "ORC", "RQD", "ZPM"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line of a requisition; ``cancelled`` takes it back."""

    position: str
    line_key: str
    cancelled: bool
    item_code: str
    alternates: tuple[str, ...]
    quantity: Decimal
    uom: str
    department_code: str
    event_time: datetime


def is_cabinet(envelope) -> bool:
    """Whether a cabinet speaks: its transactions are in ZPM segments."""
    return any(line[:3] == "ZPM" for line in envelope.lines)


def read(context):
    """What a cabinet reports."""
    results = []
    for group in context.groups():
        results += _read_transaction(context, [*_order_of(context, group[0]), *group])
    return sorted_out(results)


def _order_of(context, line):
    """The ORC before a transaction belongs to it."""
    order = None
    for segment in context.message.segments:
        if segment is line:
            break
        if segment.name == "ORC":
            order = segment
    return [order] if order else []


def _read_transaction(context, group):
    line = next(each for each in group if each.name == "ZPM")
    position = f"ZPM[{line.occurrence}]"
    code = context.value("kind", group)
    meaning = context.meaning(code)
    if not meaning:
        raise line.error("charge_type", 1, "this transaction is not known", code[:8])
    item = read_item(context, group)
    left = _left(context, group, position, item)
    if meaning not in ("use", "return", "waste"):
        return [Skipped(position, meaning), *left]
    quantity = context.quantity(group)
    if quantity < 0:
        raise line.error("sign", 10, "a transaction with a negative quantity")
    original = context.value("reversal", group)
    charge = charge_of(
        context,
        group,
        position,
        meaning if quantity else None,
        _line_key(context, group, line, item["item_code"]),
        quantity,
        original=context.own_key("ZPM", original) if original else "",
        certain=bool(original),
        **item,
    )
    return [charge, *left]


def _line_key(context, group, line, item):
    """Order, time and item of the transaction; without a time, its place."""
    number, time = context.value("order", group), context.value("line", group)
    if not time:
        return context.place_key(line.occurrence)
    kind = context.value("kind", group)
    return context.own_key("ZPM", f"{number}/{time}/{item}/{kind}")


def _left(context, group, position, item):
    """A count, or a pocket that did not hold what the cabinet thought."""
    left, expected = context.number("left", group), context.number("expected", group)
    counted = context.meaning(context.value("kind", group)) == "count"
    if left is None or not (counted or (expected is not None and left != expected)):
        return []
    return [
        Remaining(
            position=position,
            kind="count",
            item_code=item["item_code"],
            alternates=item["alternates"],
            quantity=left,
            expected=expected,
            uom=item["uom"],
            lot=item["lot"],
            expiry=None,
            department_code=context.value("department", group),
            event_time=item["event_time"],
        )
    ]


def read_wanted(context) -> tuple[Wanted, ...]:
    """What a stock requisition asks for."""
    context = context.as_family("requisition", "ORC")
    wanted = []
    for group in context.groups():
        control = context.value("kind", group)
        meaning = context.meaning(control)
        if not meaning:
            raise group[0].error(
                "order_control", 1, "neither new nor cancelled", control[:8]
            )
        for line in (each for each in group if each.name == "RQD"):
            own = [each for each in group if each.name != "RQD" or each is line]
            wanted.append(_wanted(context, own, line, meaning == "return"))
    return tuple(wanted)


def _wanted(context, group, line, cancelled):
    codes = context.item_codes(group)
    number = context.value("line", group)
    quantity = Decimal(0) if cancelled else context.quantity(group)
    if quantity < 0:
        raise line.error("sign", 5, "a negative quantity is asked for")
    return Wanted(
        position=f"RQD[{line.occurrence}]",
        line_key=context.own_key("RQD", f"{number}/{codes[0]}")
        if number
        else context.place_key(line.occurrence),
        cancelled=cancelled,
        item_code=codes[0],
        alternates=codes[1:],
        quantity=quantity,
        uom=context.value("uom", group),
        department_code=context.value("department", group),
        event_time=context.event_time(group).utc,
    )

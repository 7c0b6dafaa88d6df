"""RAS^O17 and O01, in the standard's way and in that of Chinese hospital platforms.

Standard (HL7 v2.9.1, 4A.7.7 and 4A.7.8): every RXA is one administration; RXA-5 item,
RXA-6 amount, RXA-7 unit, RXA-15 lot, RXA-16 expiry, RXA-21 D takes it back.

Chinese practice (charges of high-value items on a hospital platform): the item stands
in RXO (code in 1.1, unique barcode in 1.2, quantity in 2, unit in 4) and RXA, if there
is one, has no item. ORC-1 says NW for a charge and CA for a refund, ORC-2 is the line's
own number and ORC-20.4 the number of the line that is refunded. The order says which
practice it is: an RXA with an item is the standard's.
"""

from .charge import Charge, Reading, Remaining, Skipped
from .context import plain
from .line import charge_of, kind_of, line_key, read_item

FAMILY = "ras"
OPENER = "ORC"
SEGMENTS = frozenset({"MSH", "EVN", "PID", "PV1", "ORC", "RXO", "RXA"})


def read(context) -> Reading:
    """One line an RXA or, without an item in any, what its order asked for."""
    results = []
    for group in context.groups():
        given = [each for each in group if each.name == "RXA"]
        if any(plain(each.value(5)) for each in given):
            for each in given:
                results += _read_administration(context, _own(group, each), each)
            continue
        asked = [each for each in group if each.name == "RXO"]
        if not asked:
            raise group[0].error("item_missing", None, "an order without an item")
        platform = context.as_family("platform")
        results += [_read_platform(platform, _own(group, each), each) for each in asked]
    return sorted_out(results)


def sorted_out(results) -> Reading:
    """Lines, lines without effect, and what is left, each in its place."""
    return Reading(
        *(
            tuple(each for each in results if isinstance(each, kind))
            for kind in (Charge, Skipped, Remaining)
        )
    )


def _own(group, line):
    """The order with one of its lines and what follows that."""
    others = [each for each in group if each.name == line.name and each is not line]
    return [each for each in group if each not in others]


def _read_administration(context, group, line):
    """The standard's way: one RXA is one line."""
    order = group[0]
    position = f"RXA[{line.occurrence}]"
    if context.meaning(context.value("status", group)) == "refused":
        return [Skipped(position, "refused")]
    if context.as_family("platform").meaning(plain(order.value(1))) == "return":
        raise order.error("order_control", 1, "a cancelled order with administrations")
    action = context.value("kind", group)
    meaning = context.meaning(action) if action else "use"
    if not meaning:
        raise line.error("order_control", 21, "only A and D are read", action[:8])
    quantity, item = context.quantity(group), read_item(context, group)
    left = _left(context, group, position, item)
    if meaning not in ("use", "return", "waste"):
        return [Skipped(position, meaning), *left]
    number, nth = context.value("order", group), context.value("line", group)
    charge = charge_of(
        context,
        group,
        position,
        kind_of(context, line, meaning, quantity, 6),
        context.own_key("RXA", f"{number}/{nth}")
        if number and nth
        else context.place_key(line.occurrence),
        quantity,
        certain=action == "D",
        **item,
    )
    return [charge, *left]


def _left(context, group, position, item):
    """What the sender says is left, where the channel says it does."""
    quantity = context.number("left", group)
    if quantity is None:
        return []
    return [
        Remaining(
            position=position,
            kind="count",
            item_code=item["item_code"],
            alternates=item["alternates"],
            quantity=quantity,
            expected=None,
            uom=item["uom"],
            lot="",
            expiry=None,
            department_code=context.value("department", group),
            event_time=item["event_time"],
        )
    ]


def _read_platform(context, group, line):
    """The Chinese platforms' way: one RXO is one line."""
    order = group[0]
    position = f"RXO[{line.occurrence}]"
    control = context.value("kind", group)
    meaning = context.meaning(control)
    if meaning not in ("use", "return", "waste"):
        raise order.error("order_control", 1, "neither charge nor refund", control[:8])
    quantity = context.quantity(group)
    number, original = context.value("line", group), context.value("reversal", group)
    # A refund is written with either sign: the billing line behind it is negative.
    kind = "return" if quantity < 0 else meaning
    return charge_of(
        context,
        group,
        position,
        kind if quantity else None,
        line_key(context, line, "ORC", number),
        quantity,
        original=context.own_key("ORC", original) if original else "",
        certain=bool(original),
    )

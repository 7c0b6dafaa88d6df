"""RAS^O17, in the standard's way and in the way of Chinese hospital platforms.

Standard (HL7 v2.9.1, 4A.7.7 and 4A.7.8): every RXA is one administration; RXA-5 item,
RXA-6 amount, RXA-7 unit, RXA-15 lot, RXA-16 expiry, RXA-21 D takes it back.

Chinese practice (charges of high-value items on a hospital platform): the item stands
in RXO (code in 1.1, unique barcode in 1.2, quantity in 2, unit in 4) and RXA, if there
is one, has no item. ORC-1 says NW for a charge and CA for a refund, ORC-2 is the line's
own number and ORC-20.4 the number of the line that is refunded. The order says which
practice it is: an RXA with an item is the standard's.
"""

from .charge import Charge, Reading, Skipped, signed
from .context import first, plain

OPENER = "ORC"
SEGMENTS = frozenset({"MSH", "EVN", "PID", "PV1", "ORC", "RXO", "RXA"})
CHARGE_CONTROLS = frozenset({"NW", "OK"})
REFUND_CONTROLS = frozenset({"CA", "OC"})
NOT_GIVEN = frozenset({"RE", "NA"})  # RXA-20: refused, not administered


def read(context) -> Reading:
    results = []
    for group in context.groups():
        given = [each for each in group if each.name == "RXA"]
        if any(plain(each.value(5)) for each in given):
            results += [_read_administration(context, group, each) for each in given]
            continue
        asked = [each for each in group if each.name == "RXO"]
        if not asked:
            raise group[0].error("item_missing", None, "an order without an item")
        results += [_read_platform(context, group, each) for each in asked]
    charges = tuple(each for each in results if isinstance(each, Charge))
    skipped = tuple(each for each in results if isinstance(each, Skipped))
    return Reading(charges, skipped)


def _read_administration(context, group, line):
    """The standard's way: one RXA is one line."""
    order = group[0]
    position = f"RXA[{line.occurrence}]"
    if plain(line.value(20)) in NOT_GIVEN:
        return Skipped(position, "refused")
    if plain(order.value(1)) in REFUND_CONTROLS:
        raise order.error("order_control", 1, "a cancelled order with administrations")
    action = plain(line.value(21))
    if action not in ("", "A", "D"):
        raise line.error("order_control", 21, "only A and D are read", action[:8])
    quantity = context.quantity(line, 6)
    kind = signed(action == "D", quantity, context.profile)
    if kind is None:
        return Skipped(position, "nothing")
    if kind == "ambiguous":
        raise line.error("sign", 6, "a deletion with a negative quantity")
    number, nth = first((order, 2), (order, 3)), plain(line.value(2))
    key = (
        context.own_key("RXA", f"{number}/{nth}")
        if number and nth
        else context.place_key(line.occurrence)
    )
    codes = _codes(context, group, (line, 5), (line, 5, 4), (line, 25))
    moment = context.event_time(((line, 3), (order, 9), *_message_times(context)))
    return Charge(
        position=position,
        line_key=f"{key}:return" if kind == "return" else key,
        kind=kind,
        item_code=codes[0],
        alternates=codes[1:],
        quantity=abs(quantity),
        uom=first((line, 7)),
        event_time=moment.utc,
        day_only=moment.day_only,
        reversal_of=key if kind == "return" else "",
        reversal_certain=action == "D",
        **context.traced(group, lot=(line, 15), expiry=(line, 16)),
        **context.whereabouts(group, ((order, 17), (line, 27), (line, 11))),
    )


def _read_platform(context, group, line):
    """The Chinese platforms' way: one RXO is one line."""
    order = group[0]
    position = f"RXO[{line.occurrence}]"
    control = plain(order.value(1))
    refund = control in REFUND_CONTROLS
    if not refund and control not in CHARGE_CONTROLS:
        raise order.error("order_control", 1, "neither charge nor refund", control[:8])
    quantity = context.quantity(line, 2)
    if not quantity:
        return Skipped(position, "nothing")
    # A refund is written with either sign: the billing line behind it is negative.
    kind = "return" if refund or quantity < 0 else "use"
    number, original = plain(order.value(2)), plain(order.value(20, 4))
    key = (
        context.own_key("ORC", number) if number else context.place_key(line.occurrence)
    )
    codes = _codes(context, group, (line, 1))
    moment = context.event_time(((order, 9), *_message_times(context)))
    return Charge(
        position=position,
        line_key=f"{key}:return" if kind == "return" else key,
        kind=kind,
        item_code=codes[0],
        alternates=codes[1:],
        quantity=abs(quantity),
        uom=first((line, 4)),
        event_time=moment.utc,
        day_only=moment.day_only,
        reversal_of=_reversal(context, key, original) if kind == "return" else "",
        reversal_certain=kind == "return" and bool(original),
        **context.traced(group, serial=(line, 1, 2)),
        **context.whereabouts(group, ((order, 17),)),
    )


def _reversal(context, key, original):
    return context.own_key("ORC", original) if original else key


def _codes(context, group, *places):
    """The item's code, then its other codes."""
    mapped = context.mapped("item", group)
    codes = [first(place) for place in places] if mapped is None else [mapped]
    if not codes[0]:
        segment, number = places[0]
        raise segment.error("item_missing", number, "the line names no item")
    return tuple(dict.fromkeys(filter(None, codes)))


def _message_times(context):
    event, header = context.message.first("EVN"), context.message.first("MSH")
    return (event, 6), (event, 2), (header, 7)

"""DFT^P03 and P11: a charge is a use, a credit takes it back.

Source: HL7 v2.9.1, 6.4.1 DFT and 6.5.1 FT1; table 0017 (CG charge, CD credit, PY
payment, AJ adjustment, CO co-payment). FT1 has no unit, lot, expiry or serial: these
come from the device segments after it (PRT-16 to 20, DEV), or from a site's own Z
segment by the channel's mapping. DFT has no pointer from a credit to its charge; a
credit under the charge's own number (FT1-2) is taken to reverse it.
"""

from .charge import Charge, Reading, Skipped, signed
from .context import first, in_group, plain

OPENER = "FT1"
SEGMENTS = frozenset({"MSH", "EVN", "PID", "PV1", "ORC", "FT1", "PRT", "DEV"})
NO_STOCK_EFFECT = {"PY": "payment", "CO": "payment", "AJ": "adjustment"}


def read(context) -> Reading:
    charges, skipped = [], []
    for group in context.groups():
        result = _read_line(context, group)
        (charges if isinstance(result, Charge) else skipped).append(result)
    return Reading(tuple(charges), tuple(skipped))


def _read_line(context, group):
    line = group[0]
    position = f"FT1[{line.occurrence}]"
    kind_code = plain(line.value(6))
    if kind_code in NO_STOCK_EFFECT:
        return Skipped(position, NO_STOCK_EFFECT[kind_code])
    credit = kind_code in context.profile.credit_types
    if not credit and kind_code != "CG":
        raise line.error("charge_type", 6, "neither charge nor credit", kind_code[:8])
    quantity = context.quantity(line, 10)
    kind = signed(credit, quantity, context.profile)
    if kind is None:
        return Skipped(position, "nothing")
    if kind == "ambiguous":
        raise line.error("sign", 10, "a credit with a negative quantity")
    codes = _item_codes(context, group)
    moment = context.event_time(_times(context, line))
    key = _line_key(context, line)
    return Charge(
        position=position,
        line_key=f"{key}:return" if kind == "return" else key,
        kind=kind,
        item_code=codes[0],
        alternates=codes[1:],
        quantity=abs(quantity),
        uom="",
        event_time=moment.utc,
        day_only=moment.day_only,
        reversal_of=key if kind == "return" else "",
        **context.traced(group, **_device(group)),
        **context.whereabouts(group, _departments(context, group)),
    )


def _item_codes(context, group):
    """The code that the line is charged under, then other codes of the same item.

    FT1-7, else the item number (FT1-34), the NDC (FT1-29), the procedure (FT1-25) and
    the model (FT1-35).
    """
    line = group[0]
    mapped = context.mapped("item", group)
    usual = [line.value(number) for number in (7, 34, 29, 25, 35)]
    codes = [mapped] if mapped is not None else [code for code in usual if plain(code)]
    if not codes or not codes[0]:
        raise line.error("item_missing", 7, "the line names no item")
    others = [line.value(7, 4), line.value(34), line.value(29)]
    others.append(_device_identifier(group))
    return tuple(dict.fromkeys(filter(None, (codes[0], *map(plain, others)))))


def _times(context, line):
    """FT1-4.1, FT1-5, EVN-6, EVN-2, MSH-7."""
    event, header = context.message.first("EVN"), context.message.first("MSH")
    return (line, 4), (line, 5), (event, 6), (event, 2), (header, 7)


def _line_key(context, line):
    """FT1-2, which is the same however often the line is sent; else its place."""
    number = plain(line.value(2))
    if number:
        return context.own_key("FT1", number)
    return context.place_key(line.occurrence)


def _departments(context, group):
    """FT1-13, then ORC-17 of this line or of the message, then FT1-16."""
    line, order = group[0], context.find(group, "ORC")
    return (line, 13), (order, 17), (line, 16)


def _device(group):
    """Where lot, expiry and serial stand: DEV (v2.9), else a PRT that has a device."""
    device = in_group(group, "DEV")
    if device:
        return {"lot": (device, 10), "expiry": (device, 13), "serial": (device, 11)}
    other = _device_participant(group)
    return {"lot": (other, 19), "expiry": (other, 18), "serial": (other, 20)}


def _device_participant(group):
    return next(
        (
            segment
            for segment in group
            if segment.name == "PRT" and any(segment.value(n) for n in (16, 19, 20))
        ),
        None,
    )


def _device_identifier(group):
    """UDI-DI: DEV-2, else PRT-16."""
    device = in_group(group, "DEV")
    return first((device, 2), (_device_participant(group), 16))

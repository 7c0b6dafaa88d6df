"""DFT^P03 and P11: a charge is a use, a credit takes it back.

Source: HL7 v2.9.1, 6.4.1 DFT and 6.5.1 FT1; table 0017 (CG charge, CD credit, PY
payment, AJ adjustment, CO co-payment). DFT has no pointer from a credit to its charge;
a credit under the charge's own number (FT1-2) is taken to reverse it, unless the
channel says where the original's number stands.
"""

from .charge import Charge, Reading, Skipped, signed

FAMILY = "dft"
OPENER = "FT1"
SEGMENTS = frozenset({"MSH", "EVN", "PID", "PV1", "ORC", "FT1", "PR1", "PRT", "DEV"})
NO_EFFECT = frozenset({"payment", "adjustment", "nothing", "refused", "refill"})


def read(context) -> Reading:
    """One line a FT1; raises ``Hl7Error`` at the first that cannot be read."""
    charges, skipped = [], []
    for group in context.groups():
        result = _read_line(context, group)
        (charges if isinstance(result, Charge) else skipped).append(result)
    return Reading(tuple(charges), tuple(skipped))


def _read_line(context, group):
    line = group[0]
    position = f"FT1[{line.occurrence}]"
    code = context.value("kind", group)
    meaning = context.meaning(code)
    if meaning in NO_EFFECT:
        return Skipped(position, meaning)
    if meaning not in ("use", "return", "waste"):
        raise line.error("charge_type", 6, "neither charge nor credit", code[:8])
    quantity = context.quantity(group)
    kind = signed(meaning == "return", quantity, context.profile)
    if kind is None:
        return Skipped(position, "nothing")
    if kind == "ambiguous":
        raise line.error("sign", 10, "a credit with a negative quantity")
    if meaning == "waste" and kind == "use":
        kind = "waste"
    codes, traced = context.item_codes(group), context.traced(group)
    labels = traced.pop("label_codes")
    moment = context.event_time(group)
    key, original = _line_key(context, group), context.value("reversal", group)
    return Charge(
        position=position,
        line_key=f"{key}:return" if kind == "return" else key,
        kind=kind,
        item_code=codes[0],
        alternates=(*codes[1:], *labels),
        quantity=abs(quantity),
        uom=context.value("uom", group),
        event_time=moment.utc,
        day_only=moment.day_only,
        reversal_of=_reversal(context, key, original) if kind == "return" else "",
        reversal_certain=kind == "return" and bool(original),
        procedure=context.value("procedure", group),
        **traced,
        **context.charged(group, quantity),
        **context.whereabouts(group),
    )


def _line_key(context, group):
    """FT1-2, which is the same however often the line is sent; else its place."""
    if number := context.value("line", group):
        return context.own_key("FT1", number)
    return context.place_key(group[0].occurrence)


def _reversal(context, key, original):
    return context.own_key("FT1", original) if original else key

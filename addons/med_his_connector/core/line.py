"""One line of use or return, out of the segments of its group.

The readers of the families say what kind of line it is, which number it bears and what
it takes back; the rest is read alike everywhere, by the places of the family.
"""

from .charge import Charge, Skipped, signed
from .context import plain
from .errors import Hl7Error


def read_item(context, group) -> dict:
    """Which item, of which lot, and when: as pieces of a ``Charge``.

    ``label_codes`` of the device's own label are further codes of the item.
    """
    codes, traced = context.item_codes(group), _traced(context, group)
    labels = traced.pop("label_codes")
    moment = context.event_time(group)
    return {
        "item_code": codes[0],
        "alternates": (*codes[1:], *labels),
        "uom": context.value("uom", group),
        "event_time": moment.utc,
        "day_only": moment.day_only,
        **traced,
    }


def kind_of(context, line, meaning, quantity, field):
    """``use``, ``return`` or ``waste`` by the sign matrix; None without effect.

    Raises ``Hl7Error`` at ``field`` of the line where the signs contradict each other.
    """
    kind = signed(meaning == "return", quantity, context.profile)
    if kind == "ambiguous":
        raise line.error("sign", field, "what takes back has a negative quantity")
    return "waste" if meaning == "waste" and kind == "use" else kind


def line_key(context, line, kind, number) -> str:
    """The key of a line by the sender's number of it, else by its place.

    A number that the sender counts anew in each message is one of its message.
    """
    if not number:
        return context.place_key(line.occurrence)
    if context.profile.line_numbers == "message":
        return context.message_line_key(kind, number)
    return context.own_key(kind, number)


def charge_of(
    context, group, position, kind, key, quantity, original="", certain=False, **more
) -> Charge | Skipped:
    """The line; ``Skipped`` where ``kind`` is None.

    ``original`` is the key of what a return takes back, where the message names it;
    else it is the line of the same number. ``certain``: the message points at it.
    ``more`` are pieces that were read before (``read_item``), or that others lack.
    """
    if kind is None:
        return Skipped(position, "nothing")
    back = kind == "return"
    if original and context.profile.line_numbers == "message":
        original, certain = "", False  # nobody knows of which message
    said = more if "item_code" in more else {**read_item(context, group), **more}
    return Charge(
        position=position,
        line_key=f"{key}:return" if back else key,
        kind=kind,
        quantity=abs(quantity),
        reversal_of=(original or key) if back else "",
        reversal_certain=back and certain,
        **said,
        department_code=context.value("department", group),
        location=context.value("location", group),
        encounter=context.encounter(group),
        **_charged(context, group, quantity),
    )


def _traced(context, group):
    """Lot, expiry, serial and the codes of the device's own label (UDI).

    The label fills what the fields leave out; where both speak they must agree.
    """
    said = {
        "lot": context.value("lot", group),
        "expiry": context.day("expiry", group),
        "serial": context.value("serial", group),
    }
    found, read_udi = context.located("udi", group), context.profile.read_udi
    if not found or not plain(found[2]) or not read_udi:
        return {**said, "label_codes": ()}
    segment, number, text = found
    try:
        label = read_udi(text, context.now.date())
    except ValueError as error:
        why = getattr(error, "code", "cannot be read")
        raise segment.error("udi", number, f"the UDI: {why}") from None
    for name, value in said.items():
        other = getattr(label, name)
        if value and other and value != other:
            raise segment.error(
                "udi_conflict", number, f"the {name} is not the one on the label"
            )
        said[name] = value or other or value
    return {**said, "label_codes": (label.di,) if label.di else ()}


def _charged(context, group, quantity):
    """What was charged for the line, as ``amount`` and ``currency``.

    It moves no stock, so one that cannot be read is one that was not told.
    """
    amount = _money(context, "amount", group)
    price = _money(context, "price", group) if amount is None else None
    if price is not None:
        amount = price * abs(quantity)
    if amount is None:
        return {}
    currency = context.value("currency", group)[:3].upper()
    return {"amount": abs(amount), "currency": currency}


def _money(context, name, group):
    try:
        return context.number(name, group)
    except Hl7Error:
        return None

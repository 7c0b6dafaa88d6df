"""DFT^P03 and P11: a charge is a use, a credit takes it back.

Source: HL7 v2.9.1, 6.4.1 DFT and 6.5.1 FT1; table 0017 (CG charge, CD credit, PY
payment, AJ adjustment, CO co-payment). DFT has no pointer from a credit to its charge;
a credit under the charge's own number (FT1-2) is taken to reverse it, unless the
channel says where the original's number stands.
"""

from .charge import Charge, Reading, Skipped
from .line import charge_of, kind_of, line_key

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
    number, original = context.value("line", group), context.value("reversal", group)
    return charge_of(
        context,
        group,
        position,
        kind_of(context, line, meaning, quantity, 10),
        line_key(context, line, "FT1", number),
        quantity,
        original=context.own_key("FT1", original) if original else "",
        certain=bool(original),
        counted=number == str(line.occurrence),
        procedure=context.value("procedure", group),
    )

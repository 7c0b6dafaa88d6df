"""INU^U05: what an analyser says it has used of its reagents and other supplies.

Source: HL7 v2.9.1, 13.3.5 INU and 13.4.4 INV; INV-10 is the only field of HL7 that is
called a consumption quantity. The machine (EQU-1) stands for a department by the code
map; a container (INV-4) used at one moment is one line.
"""

from .charge import Skipped
from .line import charge_of, kind_of, read_item
from .ras import sorted_out

FAMILY = "inventory"
OPENER = "INV"
SEGMENTS = frozenset({"MSH", "EQU", "INV"})


def read(context):
    """A ``Reading`` with one line a container that names a consumption."""
    return sorted_out([_read_line(context, group) for group in context.groups()])


def _read_line(context, group):
    line = group[0]
    position = f"INV[{line.occurrence}]"
    if context.number("quantity", group) is None:
        return Skipped(position, "nothing")  # a snapshot that says nothing of use
    quantity, item = context.quantity(group), read_item(context, group)
    kind = kind_of(context, line, "use", quantity, 10)
    key = _line_key(context, group, item["event_time"])
    return charge_of(context, group, position, kind, key, quantity, **item)


def _line_key(context, group, moment):
    """Machine, container and moment are the same in every resend; without a container
    it is the line's place in the message."""
    machine, container = context.value("order", group), context.value("line", group)
    if not machine or not container:
        return context.place_key(group[0].occurrence)
    number = f"{machine}/{container}/{moment:%Y%m%d%H%M%S}"
    return context.own_key("INV", number)

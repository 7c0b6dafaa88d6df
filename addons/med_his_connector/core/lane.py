"""Which messages keep their order among each other.

Messages of one visit, appointment or master file run in one lane, in the order of their
arrival; different lanes may be worked at the same time. A lane is a number that many
share, so it says nothing of anybody.

Within a lane, a message that cannot go on holds up only those that share a *key* with
it: the same visit and item, the same serial, the same line of the sender.
"""

import hashlib

from .hl7_message import Envelope

LANES = 64
#: Families whose messages change what others are read by: they keep order as one.
MASTER_FAMILIES = ("MFN", "MFR", "MFD")


def lane_of(envelope: Envelope, company_id: int) -> int:
    """The lane of a message, 0 to 63; a matter of a few splits, for it is on the way
    to the acknowledgement."""
    kind, identifier = _subject(envelope)
    return lane_number(company_id, kind, identifier)


def lane_number(company_id: int, kind: str, identifier: str) -> int:
    """The lane of a subject, for whoever knows it: ``("visit", "V1")``."""
    text = f"{company_id}|{kind}|{identifier}"
    return hashlib.blake2b(text.encode(), digest_size=2).digest()[0] % LANES


def hold_key(kind: str, *parts: str) -> str:
    """What two messages share, as 32 hexadecimal digits that give nothing away."""
    text = "\x1f".join((kind, *parts))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _subject(envelope):
    """SCH-2 or SCH-1 appointment; PV1-19 visit; PID-18 account; PID-3 patient; else
    the master file or the sender."""
    header = envelope.header
    family = header.message_type.partition("^")[0]
    if family in MASTER_FAMILIES:
        return "master", header.message_type
    found = {}
    for line in envelope.lines[1:]:
        name = line[:3]
        if name in ("SCH", "PV1", "PID") and name not in found:
            found[name] = line
            if name == "PV1":  # it comes last of the three
                break
    component = header.delimiters.component
    for kind, name, number in (
        ("appointment", "SCH", 2),
        ("appointment", "SCH", 1),
        ("visit", "PV1", 19),
        ("account", "PID", 18),
        ("patient", "PID", 3),
    ):
        line = found.get(name)
        fields = line.split(header.delimiters.field, number + 1) if line else ()
        if number < len(fields):
            value = fields[number].partition(component)[0].strip()
            if value and value != '""':
                return kind, value
    return "sender", f"{header.raw(3)}|{header.raw(4)}"

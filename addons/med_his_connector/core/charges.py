"""Which messages are read, and what they say was used or taken back.

One reader a message family (`dft.py`, `ras.py`) turns segments into ``Charge`` values.
"""

from collections import Counter
from dataclasses import replace
from datetime import datetime

from . import dft, ras
from .charge import Charge, Encounter, Profile, Reading, Skipped
from .context import PATH, Context, key_part
from .errors import Hl7Error
from .hl7_message import Envelope, Header, parse

__all__ = [
    "Charge",
    "Encounter",
    "Profile",
    "Reading",
    "Skipped",
    "fate_of_type",
    "message_key",
    "read_charges",
]

LONGEST_KEY = 300
LONGEST_CODE = 100
#: Types that are read, and types that are known and none of our business (yet).
READ_TYPES = frozenset({"DFT^P03", "DFT^P11", "RAS^O17"})
KNOWN_FAMILIES = frozenset(
    """
    ACK ADT BAR CRM DFT DOC MCF MDM MFK MFN MFQ MFR NMD OMB OMD OMG OMI OML OMN OMP
    OMS ORB ORD ORF ORG ORI ORL ORM ORN ORP ORR ORS ORU OSM OSQ OSR OUL PEX PGL PIN
    PMU PPG PPP PPR PTR QBP QRY RAR RAS RCI RCL RDE RDR RDS RDY REF RER RGR RGV RPA
    RPI ROR RRA RRD RRE RRG RRI RSP SIU SQM SQR SRM SRR SUR TBR UDM VXQ VXR VXU VXX
    """.split()  # noqa: SIM905
)


def fate_of_type(message_type: str) -> str:
    """``read``, ``ignore`` (known, not ours) or ``unsupported``.

    >>> [fate_of_type(each) for each in ("DFT^P03", "ADT^A01", "ABC^X99")]
    ['read', 'ignore', 'unsupported']
    """
    if message_type in READ_TYPES:
        return "read"
    known = message_type.split("^")[0] in KNOWN_FAMILIES
    return "ignore" if known else "unsupported"


def read_charges(
    envelope: Envelope,
    message_key: str,
    now: datetime,
    profile: Profile = Profile(),  # noqa: B008
) -> Reading:
    """All lines of a message of one of ``READ_TYPES``.

    ``message_key`` identifies the message for lines whose sender gives them no key of
    their own; ``now`` is UTC.
    """
    family = dft if envelope.header.message_type.startswith("DFT") else ras
    sites = {PATH.fullmatch(path)[1] for path in profile.paths.values()}
    message = parse(envelope, keep=family.SEGMENTS | sites)
    reading = family.read(Context(message, family.OPENER, message_key, now, profile))
    if not reading.charges and not reading.skipped:
        raise Hl7Error("no_lines", family.OPENER, text="the message has no lines")
    for charge in reading.charges:
        _check_lengths(charge)
    return replace(reading, charges=_tell_twins_apart(reading.charges))


def message_key(header: Header, sha256: str) -> str:
    """What makes a message the same one: MSH-3, MSH-4 and MSH-10.

    Without a control id, or with one longer than any standard allows, the content's
    hash stands for it.
    """
    control_id = header.control_id
    own = f"MSH:{key_part(control_id)}" if control_id.strip() else f"sha256:{sha256}"
    key = "|".join((key_part(header.raw(3)), key_part(header.raw(4)), own))
    return key if len(key) <= LONGEST_KEY else f"sha256:{sha256}"


def _check_lengths(charge):
    """Keys are indexed and codes are looked up: neither may be a page of text."""
    codes = (charge.item_code, charge.department_code, charge.uom)
    traced = (charge.lot, charge.serial, charge.location)
    if len(charge.line_key) > LONGEST_KEY or any(
        len(text) > LONGEST_CODE for text in (*codes, *traced)
    ):
        name, _, occurrence = charge.position.rstrip("]").partition("[")
        raise Hl7Error(
            "too_large", name, None, "a code or number is too long", int(occurrence)
        )


def _tell_twins_apart(charges):
    """Some senders repeat one number in several lines of a message: count them then."""
    repeated = Counter(charge.line_key for charge in charges)
    seen = Counter()
    told = []
    for charge in charges:
        seen[charge.line_key] += 1
        if repeated[charge.line_key] > 1:
            key = f"{charge.line_key}#{seen[charge.line_key]}"
            charge = replace(charge, line_key=key)
        told.append(charge)
    return tuple(told)

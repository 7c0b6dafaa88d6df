"""Which messages are read, and what they say.

One reader a message family turns segments into values: use, returns and what is left
(`dft.py`, `ras.py`, `oms.py`, `inu.py`), appointments (`siu.py`), visits (`adt.py`),
masters (`mfn.py`), tests (`oru.py`).
"""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from . import adt, dft, inu, mfn, oms, oru, ras, siu
from .charge import Charge, Encounter, Profile, Reading, Skipped
from .context import Context, key_part
from .errors import Hl7Error
from .hl7_message import Envelope, Header, parse
from .mapping import places

__all__ = [
    "Charge",
    "Encounter",
    "Profile",
    "Reading",
    "Skipped",
    "fate_of_type",
    "message_key",
    "open_message",
    "read_charges",
    "read_message",
]

LONGEST_KEY = 300
LONGEST_CODE = 100
#: Types that are read; others are known and none of our business.
CHARGE_TYPES = frozenset({"DFT^P03", "DFT^P11", "RAS^O17", "RAS^O01", "INU^U05"})
READ_TYPES = frozenset(
    {*CHARGE_TYPES, "OMS^O05", *siu.TYPES, *adt.TYPES, *oru.TYPES, *mfn.TYPES}
)
KNOWN_FAMILIES = frozenset(
    """
    ACK ADT BAR CRM DFT DOC INR INU MCF MDM MFK MFN MFQ MFR NMD OMB OMD OMG OMI
    OML OMN OMP OMS ORB ORD ORF ORG ORI ORL ORM ORN ORP ORR ORS ORU OSM OSQ OSR
    OUL PEX PGL PIN PMU PPG PPP PPR PTR QBP QRY RAR RAS RCI RCL RDE RDR RDS RDY
    REF RER RGR RGV RPA RPI ROR RRA RRD RRE RRG RRI RSP SIU SQM SQR SRM SRR SUR
    TBR UDM VXQ VXR VXU VXX
    """.split()  # noqa: SIM905
)


@lru_cache(maxsize=256)
def fate_of_type(message_type: str) -> str:
    """``read``, ``ignore`` (known, not ours) or ``unsupported``.

    >>> [fate_of_type(each) for each in ("DFT^P03", "ORM^O01", "ABC^X99")]
    ['read', 'ignore', 'unsupported']
    """
    if message_type in READ_TYPES or mfn.family_of(message_type):
        return "read"
    known = message_type.split("^")[0] in KNOWN_FAMILIES
    return "ignore" if known else "unsupported"


def open_message(
    envelope: Envelope,
    family: str,
    reader,
    message_key: str,
    now: datetime,
    profile: Profile,
) -> Context:
    """The message ready for a family's ``reader``: only what it needs is parsed."""
    wanted = reader.SEGMENTS
    if isinstance(wanted, dict):  # the masters differ in their segments
        wanted = wanted[family] | reader.COMMON
    own = {
        place.segment for row in profile.paths.values() for place in places(row or "")
    }
    message = parse(envelope, keep=wanted | own)
    return Context(message, family, reader.OPENER, message_key, now, profile)


def read_charges(
    envelope: Envelope,
    message_key: str,
    now: datetime,
    profile: Profile = Profile(),  # noqa: B008
) -> Reading:
    """All lines of use of a message of ``CHARGE_TYPES``, or of a cabinet's OMS.

    ``message_key`` identifies the message for lines whose sender gives them no key of
    their own; ``now`` is UTC.
    """
    family = {"DFT": dft, "INU": inu, "OMS": oms}.get(
        envelope.header.message_type[:3], ras
    )
    context = open_message(envelope, family.FAMILY, family, message_key, now, profile)
    reading = family.read(context)
    if not (reading.charges or reading.skipped or reading.remaining):
        raise Hl7Error("no_lines", family.OPENER, text="the message has no lines")
    for charge in reading.charges:
        _check_lengths(charge)
    return replace(reading, charges=_tell_twins_apart(reading.charges))


def read_message(
    envelope: Envelope,
    message_key: str,
    now: datetime,
    profile: Profile = Profile(),  # noqa: B008
):
    """What a message of any type that is read says, in its family's values."""
    kind = envelope.header.message_type
    if kind in CHARGE_TYPES or (kind == "OMS^O05" and oms.is_cabinet(envelope)):
        return read_charges(envelope, message_key, now, profile)
    if kind == "OMS^O05":
        context = open_message(envelope, "requisition", oms, message_key, now, profile)
        return _tell_twins_apart(oms.read_wanted(context))
    for reader in (siu, adt, oru):
        if kind in reader.TYPES:
            return reader.read(
                open_message(envelope, reader.FAMILY, reader, message_key, now, profile)
            )
    family = mfn.family_of(kind)
    return mfn.read(open_message(envelope, family, mfn, message_key, now, profile))


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


def _tell_twins_apart(lines):
    """Some senders repeat one number in several lines of a message.

    The first keeps its key, as it has where it is sent alone; the others are counted,
    each return with the use that it takes back.
    """
    seen, told = Counter(), []
    for line in lines:
        seen[line.line_key] += 1
        nth = seen[line.line_key]
        if nth > 1:
            original = getattr(line, "reversal_of", "")
            own = bool(original) and line.line_key == f"{original}:return"
            key = f"{line.line_key}#{nth}"
            if own:
                line = replace(line, reversal_of=f"{original}#{nth}")
            line = replace(line, line_key=key)
        told.append(line)
    return tuple(told)

"""What this hospital's store tells others, as HL7 v2.5.

DFT^P03: a charge after a scan at the bedside, or what takes it back. MFN^M16: an item,
and with it where it lies and how much of it (IVT, ILT). No name, address or diagnosis
of anybody is ever written.

Source: HL7 v2.5, 6.4.1 DFT, 6.5.1 FT1; HL7 v2.6, 8.13 MFN^M16 (ITM, IVT, ILT).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

ESCAPES = {
    "\\": "\\E\\",
    "|": "\\F\\",
    "^": "\\S\\",
    "~": "\\R\\",
    "&": "\\T\\",
    "\r": "\\.br\\",
    "\n": " ",
}
#: How MSH-18 names a codec.
CHARSETS = {
    "utf-8": "UNICODE UTF-8",
    "gb18030": "GB 18030-2000",
    "ascii": "ASCII",
    "iso8859-1": "8859/1",
    "big5": "BIG-5",
}


class Unwritable(Exception):
    """A code, number or unit has a sign that the receiver's character set lacks.

    With another sign in its place it would name something else: ``内科1`` and ``外科1``
    are one ``??1``. A name is only read by people, and may lose signs.
    """

    def __init__(self, place: str, codec: str):
        super().__init__(f"{place} cannot be written as {codec}")
        self.place = place  # segment and field
        self.codec = codec


@dataclass(frozen=True, slots=True)
class Envelope:
    """MSH: from whom, to whom, when. ``now`` bears its time zone."""

    control_id: str
    now: datetime
    facility: str
    receiver: str = ""
    receiver_facility: str = ""
    codec: str = "utf-8"
    test: bool = False

    def name(self, value: str) -> str:
        """A name for people, as far as the receiver's character set has its signs."""
        return value.encode(self.codec, errors="replace").decode(self.codec)


@dataclass(frozen=True, slots=True)
class OutCharge:
    """A use to be charged, or a charge to be taken back."""

    number: str  # FT1-2; of the charge, also where it is taken back
    credit: bool
    when: datetime  # with its time zone
    code: str  # FT1-7, what the hospital's system charges
    name: str
    quantity: Decimal
    department: str
    visit: str = field(default="", repr=False)
    record: str = field(default="", repr=False)
    own_code: str = ""  # FT1-7.4
    lot: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True)
class OutLot:
    """One lot on a shelf; its quantity in the item's unit."""

    number: str
    expiry: date | None
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class OutPlace:
    """An item on one shelf: its code, what shall be there, and which lots are.

    Without lots there is nothing (any more)."""

    code: str
    name: str
    par: Decimal | None
    lots: tuple[OutLot, ...] = ()


@dataclass(frozen=True, slots=True)
class OutItem:
    """An item of the master, as other systems are told of it."""

    code: str
    name: str
    active: bool
    unit: str
    charge_code: str = ""
    chargeable: bool = False
    expires: bool = False
    traced: bool = False
    manufacturer: str = ""
    specification: str = ""
    barcode: str = ""
    places: tuple[OutPlace, ...] | None = None  # None: no stock levels


def charge_message(envelope: Envelope, charge: OutCharge) -> bytes:
    """DFT^P03 (HL7 v2.5) of one line of use, or of its credit."""
    stamp, name = _stamp(envelope.now), envelope.name
    segments = [
        _header(envelope, "DFT", "P03", "DFT_P03", "2.5"),
        _segment("EVN", {1: "P03", 2: stamp}),
        _segment("PID", {1: "1", 3: _parts(charge.record, "", "", "", "MR")}),
        _segment("PV1", {1: "1", 2: "I", 19: text(charge.visit)}),
        _segment(
            "FT1",
            {
                1: "1",
                2: text(charge.number),
                4: _stamp(charge.when),
                6: "CD" if charge.credit else "CG",
                7: _parts(charge.code, name(charge.name), "", charge.own_code),
                10: _number(charge.quantity),
                13: text(charge.department),
            },
        ),
    ]
    if charge.lot or charge.serial:
        # What FT1 has no field for; receivers skip a segment that they do not know.
        segments.append(
            _segment("ZPA", {1: "1", 5: text(charge.lot), 6: text(charge.serial)})
        )
    return _written(envelope, segments)


def item_message(envelope: Envelope, item: OutItem) -> bytes:
    """MFN^M16 (HL7 v2.6) of one item: its master and, where told, its stock levels."""
    stamp, name = _stamp(envelope.now), envelope.name
    action = "MUP" if item.active else "MDC"
    segments = [
        _header(envelope, "MFN", "M16", "MFN_M16", "2.6"),
        _segment("MFI", {1: "INV", 3: "UPD", 4: stamp, 6: "NE"}),
        _segment(
            "MFE",
            {1: action, 2: envelope.control_id, 3: stamp, 4: text(item.code), 5: "ST"},
        ),
        _segment(
            "ITM",
            {
                1: _parts(item.code),
                2: text(name(item.name)),
                3: "A" if item.active else "I",
                6: "Y" if item.expires else "N",
                8: text(name(item.manufacturer)),
                11: "Y" if item.chargeable else "N",
                12: _parts(item.charge_code),
                14: "Y",
            },
        ),
    ]
    for own, place in enumerate(item.places or (), start=1):
        segments.append(
            _segment(
                "IVT",
                {
                    1: str(own),
                    2: _parts(place.code, name(place.name)),
                    7: _number(place.par) if place.par is not None else "",
                },
            )
        )
        for number, lot in enumerate(place.lots, start=1):
            segments.append(_lot(number, lot, item.unit, stamp))
    return _written(envelope, segments)


def _lot(number, lot, unit, stamp):
    return _segment(
        "ILT",
        {
            1: str(number),
            2: text(lot.number),
            3: f"{lot.expiry:%Y%m%d}" if lot.expiry else "",
            8: stamp,
            9: _number(lot.quantity),
            10: _parts(unit),
        },
    )


def text(value: str) -> str:
    """A value with its delimiters escaped.

    >>> text("A&B|C")
    'A\\\\T\\\\B\\\\F\\\\C'
    """
    return "".join(ESCAPES.get(character, character) for character in value)


def _parts(*values):
    return "^".join(map(text, values)).rstrip("^")


def _number(value):
    plain = format(value, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _stamp(when):
    return when.strftime("%Y%m%d%H%M%S%z")


def _segment(name, fields: dict[int, str]) -> str:
    last = max(number for number, value in fields.items() if value or number == 1)
    body = (fields.get(number, "") for number in range(1, last + 1))
    return "|".join((name, *body))


def _header(envelope, kind, event, structure, version):
    fields = {
        3: "MED",
        4: text(envelope.name(envelope.facility)),
        5: text(envelope.receiver),
        6: text(envelope.receiver_facility),
        7: _stamp(envelope.now),
        9: f"{kind}^{event}^{structure}",
        10: envelope.control_id,
        11: "T" if envelope.test else "P",
        12: version,
        18: CHARSETS.get(envelope.codec, ""),
    }
    body = (fields.get(number, "") for number in range(3, 19))
    return "MSH|^~\\&|" + "|".join(body)


def _written(envelope: Envelope, segments: Iterable[str]) -> bytes:
    return b"".join(_encoded(f"{each}\r", envelope.codec) for each in segments)


def _encoded(segment, codec):
    try:
        return segment.encode(codec)
    except UnicodeEncodeError as error:
        number = segment.count("|", 0, error.start)
        # MSH-1 is the delimiter itself.
        number += segment.startswith("MSH")
        raise Unwritable(f"{segment[:3]}-{number}", codec) from None

"""One line of use or return, whatever door it came through, and its checks.

The readers of FHIR, JSON, files and database views find the pieces; here they are held
against each other and against the channel's profile, and become a ``Charge``.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from .charge import Charge, Encounter, Profile, Skipped, signed
from .context import EARLIEST_YEAR, key_part
from .errors import PlaceError
from .values import Moment, read_moment, read_quantity

LONGEST_KEY = 250
LONGEST_CODE = 100
ISO_TIME = re.compile(
    r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})"
    r"(?:[T ]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?)?"
    r" ?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)


@dataclass(frozen=True, slots=True)
class PlainLine:
    """What a line says, before it is checked. ``places`` names the fields' paths."""

    position: str
    key: str  # the sender's identification of the line
    credit: bool  # it says itself that it takes something back
    quantity: Decimal
    codes: tuple[str, ...]  # of the item, best first
    moment: Moment
    unit: str = ""
    lot: str = ""
    expiry: date | None = None
    serial: str = ""
    carrier: str = ""  # the device's UDI as its label writes it
    department: str = ""
    location: str = ""
    visit: str = field(default="", repr=False)
    record: str = field(default="", repr=False)
    amount: Decimal | None = None  # charged for the line
    price: Decimal | None = None  # charged for one piece, where no amount is told
    currency: str = ""
    reverses: str = ""  # key of the line that is taken back, where the message says it
    places: dict = field(default_factory=dict)

    def place(self, name: str) -> str:
        """Where the message says ``name``, for errors; the line where unknown."""
        return self.places.get(name, self.position)


def charge_of(
    line: PlainLine, now: datetime, profile: Profile, read_udi: Callable
) -> Charge | Skipped:
    """The line as a ``Charge``; ``Skipped`` where it moves nothing.

    ``read_udi(text, today)`` gives ``di``, ``lot``, ``expiry`` and ``serial`` of a
    label, or a ValueError.
    """
    _check_quantity(line, profile)
    _check_moment(line, now, profile)
    kind = signed(line.credit, line.quantity, profile)
    if kind is None:
        return Skipped(line.position, "nothing")
    if kind == "ambiguous":
        raise PlaceError(
            "sign", line.place("quantity"), "a return with a negative quantity"
        )
    device, codes = _device(line, now, read_udi), _codes(line)
    key = line_key(line.key)
    charge = Charge(
        position=line.position,
        line_key=f"{key}:return" if kind == "return" else key,
        kind=kind,
        item_code=codes[0],
        alternates=(*codes[1:], *device["codes"]),
        quantity=abs(line.quantity),
        uom=line.unit,
        lot=device["lot"],
        expiry=device["expiry"],
        serial=device["serial"],
        department_code=line.department,
        location=line.location,
        encounter=_encounter(line),
        event_time=line.moment.utc,
        day_only=line.moment.day_only,
        reversal_of=line_key(line.reverses or line.key) if kind == "return" else "",
        reversal_certain=kind == "return" and bool(line.reverses),
        amount=_amount(line),
        currency=line.currency.strip().upper(),
    )
    _check_lengths(line, charge)
    return charge


def line_key(number: str) -> str:
    """How the ledger knows the sender's own number of a line."""
    return f"LINE:{key_part(number)}"


def read_number(value, path: str) -> Decimal:
    """A quantity out of JSON or text: a plain number, and nothing that is like one."""
    text = format(value, "f") if isinstance(value, Decimal) else str(value).strip()
    try:
        return read_quantity(text)
    except ValueError as error:
        raise PlaceError("bad_quantity", path, str(error)) from None


def read_amount(value) -> Decimal | None:
    """What was charged. It moves no stock: one that cannot be read was not told."""
    try:
        return read_number(value, "")
    except PlaceError:
        return None


def read_time(text: str, path: str, profile: Profile) -> Moment:
    """``2026-01-05T09:05:00+08:00``, ``2026/1/5 9:05`` or ``20260105090500``."""
    try:
        return read_moment(_compact(text), profile.zone)
    except ValueError as error:
        raise PlaceError("time", path, str(error)) from None


def read_day(text: str, path: str) -> date:
    """The day of any writing that ``read_time`` knows; ``PlaceError`` for others."""
    try:
        moment = read_moment(_compact(text), UTC)
    except ValueError as error:
        raise PlaceError("time", path, str(error)) from None
    return moment.utc.date()


def _compact(text):
    """ISO 8601 in the writing of HL7, which one reader then checks."""
    match = ISO_TIME.fullmatch(text.strip())
    if not match:
        return text.strip()
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    compact = f"{year}{month:0>2}{day:0>2}"
    if hour:
        compact += f"{hour:0>2}{minute}{second or '00'}"
        compact += f".{fraction[:6]}" if fraction else ""
    if offset:
        compact += "+0000" if offset == "Z" else offset.replace(":", "")
    return compact


def _check_quantity(line, profile):
    largest = profile.largest_quantity
    if largest and abs(line.quantity) > largest:
        raise PlaceError(
            "quantity_limit", line.place("quantity"), f"more than {largest:f}"
        )


def _check_moment(line, now, profile):
    moment, path = line.moment.utc, line.place("time")
    if moment.year < EARLIEST_YEAR:
        raise PlaceError("time", path, f"before {EARLIEST_YEAR}")
    if moment > now + profile.future:
        raise PlaceError("time_future", path, "the time lies in the future")
    if profile.oldest and moment < now - profile.oldest:
        raise PlaceError("time_old", path, "older than the channel accepts")


def _codes(line):
    codes = tuple(dict.fromkeys(filter(None, line.codes)))
    if not codes and not line.carrier:
        raise PlaceError("item_missing", line.place("item"), "the line names no item")
    return codes or (line.carrier,)


def _device(line, now, read_udi):
    """Lot, expiry and serial of the line and of its UDI, which must agree."""
    said = {"lot": line.lot, "expiry": line.expiry, "serial": line.serial}
    if not line.carrier:
        return {**said, "codes": ()}
    try:
        read = read_udi(line.carrier, now.date())
    except ValueError as error:
        why = getattr(error, "code", "cannot be read")
        raise PlaceError("udi", line.place("carrier"), f"the UDI: {why}") from None
    for name, value in said.items():
        other = getattr(read, name)
        if value and other and value != other:
            raise PlaceError(
                "udi_conflict",
                line.place(name),
                f"the {name} is not the one that the device's UDI bears",
            )
        said[name] = value or other or value
    return {**said, "codes": (read.di,) if read.di else ()}


def _amount(line):
    if line.amount is not None:
        return abs(line.amount)
    return abs(line.price * line.quantity) if line.price is not None else None


def _encounter(line):
    if line.visit:
        return Encounter("visit", line.visit, line.record)
    return Encounter("patient", line.record, line.record) if line.record else None


def _check_lengths(line, charge):
    if not line.key.strip():
        raise PlaceError("required", line.place("key"), "the line has no number")
    codes = (charge.item_code, charge.department_code, charge.uom)
    traced = (charge.lot, charge.serial, charge.location)
    if max(len(line.key), len(line.reverses)) > LONGEST_KEY or any(
        len(text) > LONGEST_CODE for text in (*codes, *traced)
    ):
        raise PlaceError("too_large", line.position, "a code or number is too long")

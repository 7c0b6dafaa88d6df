"""SIU^S12 to S17 and S26: what the theatre's schedule says of one appointment.

S12 new, S13 rescheduled, S14 modified, S15 cancelled, S16 discontinued, S17 deleted,
S26 the patient did not come. Messages may arrive in any order: what holds is the one
that was written last, by MSH-7, then MSH-13, then the order of receipt.

Source: HL7 v2.9.1, 10.3 and 10.6; table 0278 (SCH-25) and table 0206 (segment actions).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from .charge import Encounter
from .context import plain
from .errors import Hl7Error
from .values import read_moment

FAMILY = "siu"
OPENER = "RGS"
SEGMENTS = frozenset({"MSH", "SCH", "TQ1", "PID", "PV1", "RGS", "AIS", "AIG", "AIL"})
PLANNED = ("S12", "S13", "S14")
CANCELLED = ("S15", "S16", "S17", "S26")
TYPES = frozenset(f"SIU^{event}" for event in (*PLANNED, *CANCELLED))
#: SCH-25 says it too, and later than the trigger event.
CANCELLED_STATUS = frozenset({"CANCELLED", "DELETED", "DC", "NOSHOW"})
DONE_STATUS = frozenset({"COMPLETE", "COMPLETED"})
MINUTES = {"": 1, "M": 1, "MIN": 1, "S": 1 / 60, "H": 60, "HR": 60, "D": 1440}


@dataclass(frozen=True, slots=True)
class NeededItem:
    """An item that the schedule itself names."""

    code: str
    quantity: Decimal
    uom: str


@dataclass(frozen=True, slots=True)
class Appointment:
    """What one message says of one appointment."""

    key: str  # the sender's own number of the appointment
    state: str  # planned, cancelled or done
    sent_at: datetime  # UTC, MSH-7
    sequence: int  # MSH-13; 0 without
    procedure_code: str
    start: datetime | None  # UTC; None only where it is cancelled
    stop: datetime | None
    room: str
    department_code: str
    encounter: Encounter | None
    items: tuple[NeededItem, ...]


def read(context) -> Appointment:
    """The case as the message has it; raises ``Hl7Error`` where it cannot be told."""
    schedule = context.message.first("SCH")
    if not schedule:
        raise Hl7Error("required", "SCH", text="an appointment without SCH")
    number = context.value("appointment")
    if not number:
        raise schedule.error("required", 2, "the appointment has no number")
    group = [each for each in context.message.segments if _is_used(each)]
    state = _state(context)
    start = _start(context, group, state)
    return Appointment(
        key=context.own_key("SCH", number),
        state=state,
        sent_at=_sent_at(context),
        sequence=_sequence(context),
        procedure_code=context.value("procedure", group),
        start=start,
        stop=start and _stop(context, group, start),
        room=context.value("room", group),
        department_code=context.value("department", group),
        encounter=context.encounter(),
        items=_items(context, group) if state == "planned" else (),
    )


def _is_used(segment):
    """A resource whose segment action is D was taken off the appointment."""
    return segment.name not in ("AIS", "AIG", "AIL") or segment.value(2) != "D"


def _state(context):
    event = context.message.header.component(9, 2)
    status = context.value("status").upper()
    if event in CANCELLED or status in CANCELLED_STATUS:
        return "cancelled"
    return "done" if status in DONE_STATUS else "planned"


def _sent_at(context):
    header = context.message.first("MSH")
    text = plain(header.value(7))
    try:
        return read_moment(text, context.profile.zone).utc
    except ValueError as error:
        raise header.error("time", 7, str(error))


def _sequence(context):
    text = context.message.header.component(13)
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _start(context, group, state):
    if state == "cancelled" and not context.value("start", group):
        return None
    return context.event_time(group, "start", future=True).utc


def _stop(context, group, start):
    if context.value("end", group):
        stop = context.event_time(group, "end", future=True).utc
        if stop > start:
            return stop
    length = context.number("duration", group)
    unit = context.value("duration_unit", group).upper()
    factor = MINUTES.get(unit)
    if not length or length < 0 or not factor:
        return None
    return start + timedelta(minutes=min(float(length) * factor, 7 * 1440))


def _items(context, group):
    """AIG names equipment, rooms and items alike: which it is, the code map says."""
    found = []
    others = [each for each in group if each.name != "AIG"]
    for segment in (each for each in group if each.name == "AIG"):
        own = [segment, *others]
        code = context.value("item", own)
        if not code:
            continue
        quantity = context.number("quantity", own)
        found.append(
            NeededItem(
                code,
                quantity if quantity and quantity > 0 else Decimal(1),
                context.value("uom", own),
            )
        )
    return tuple(found)

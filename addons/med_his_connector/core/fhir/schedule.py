"""What a FHIR Appointment says of a case in the schedule.

Source: FHIR R4, 12.11 Appointment; value set appointmentstatus.
"""

from datetime import datetime

from ..charge import Profile
from ..errors import PlaceError
from ..plain_line import read_time
from ..siu import Appointment
from .element import Element, codes_of, identified
from .readers import key_of

#: Nothing is agreed on yet.
UNSETTLED = {"proposed", "waitlist"}
DONE = {"fulfilled"}
CANCELLED = {"cancelled", "noshow", "entered-in-error"}


def read_appointment(
    resource: dict, received: datetime, profile: Profile
) -> Appointment | None:
    """None where the appointment is not settled yet. ``received`` (UTC) orders the
    states of a case where the sender gives no time."""
    item = Element(resource, "Appointment")
    key = key_of(item)
    if not key:
        raise PlaceError("required", item.at("identifier"), "the case has no number")
    status = item.text("status")
    if status in UNSETTLED:
        return None
    state = "planned"
    if status in DONE | CANCELLED:
        state = "done" if status in DONE else "cancelled"
    start, stop = _time(item, "start", profile), _time(item, "end", profile)
    if not start and state != "cancelled":
        raise PlaceError("time", item.at("start"), "no time is given")
    written = _time(item.child("meta"), "lastUpdated", profile)
    places = [identified(each.child("actor")) for each in item.children("participant")]
    place = next(filter(None, places), "")
    procedures = [c for each in item.children("serviceType") for c in codes_of(each)]
    return Appointment(
        key=key,
        state=state,
        sent_at=written or received,
        sequence=0,
        procedure_code=next(iter(procedures), ""),
        start=start,
        stop=stop if start and stop and stop > start else None,
        room=place,
        department_code=place,
        encounter=None,
        items=(),
    )


def _time(item, name, profile):
    text = item.text(name)
    return read_time(text, item.at(name), profile).utc if text else None

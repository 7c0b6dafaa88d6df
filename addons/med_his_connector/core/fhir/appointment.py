"""A FHIR R4 Appointment as what the schedule's other readers give.

Source: HL7 FHIR R4, Appointment.status. A resource bears no time of its own at which
it was written, so of several states the one received last holds.
"""

from datetime import datetime

from ..charge import Profile
from ..errors import PlaceError
from ..plain_line import read_time
from ..siu import Appointment
from .element import Element, codes_of, identified, identifiers

STATES = {
    "booked": "planned",
    "pending": "planned",
    "arrived": "planned",
    "checked-in": "planned",
    "fulfilled": "done",
    "cancelled": "cancelled",
    "noshow": "cancelled",
    "entered-in-error": "cancelled",
}


def read(resource: dict, received_at: datetime, profile: Profile) -> Appointment | None:
    """The appointment; None where it is not settled yet (proposed, waitlist)."""
    element = Element(resource, "Appointment")
    state = STATES.get(element.text("status"))
    if not state:
        return None
    named = next(iter(identifiers(element)), None)
    if not named:
        raise PlaceError(
            "required", "Appointment.identifier", "the appointment has no number"
        )
    codes = [
        code for kind in element.children("serviceType") for code in codes_of(kind)
    ]
    place = _place(element)
    return Appointment(
        key="|".join(("Appointment", *named)),
        state=state,
        sent_at=received_at,
        sequence=0,
        procedure_code=codes[0] if codes else "",
        start=_time(element, "start", profile),
        stop=_time(element, "end", profile),
        room=place,
        department_code=place,
        encounter=None,
        items=(),
    )


def _time(element, name, profile):
    text = element.text(name)
    return read_time(text, element.at(name), profile).utc if text else None


def _place(element):
    for participant in element.children("participant"):
        if place := identified(participant.child("actor")):
            return place
    return ""

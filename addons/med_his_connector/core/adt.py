"""ADT: where a visit stands, and which numbers turned out to be the same person's.

A01 admitted, A02 moved, A03 discharged, A08 changed, A11 admission cancelled, A13
discharge cancelled, A40 merged. Nothing of the person is read: a visit is its number.

Source: HL7 v2.9.1, 3.3; 3.4.9 MRG.
"""

from dataclasses import dataclass
from datetime import datetime

from .charge import Encounter
from .errors import Hl7Error

FAMILY = "adt"
OPENER = "PID"
SEGMENTS = frozenset({"MSH", "EVN", "PID", "PV1", "MRG"})
STATES = {
    "A01": "admitted",
    "A02": "admitted",
    "A03": "discharged",
    "A08": "",  # says nothing of the state
    "A11": "cancelled",
    "A13": "admitted",
}
MERGE = "A40"
TYPES = frozenset(f"ADT^{event}" for event in (*STATES, MERGE))


@dataclass(frozen=True, slots=True)
class VisitNews:
    """What one message says of one visit. ``state`` '' leaves it as it was."""

    encounter: Encounter
    state: str
    department_code: str
    event_time: datetime  # UTC


@dataclass(frozen=True, slots=True)
class Merge:
    """``gone`` is the same as ``stays``; both of one kind."""

    gone: Encounter
    stays: Encounter
    event_time: datetime


def read(context) -> tuple[VisitNews | Merge, ...]:
    """What the message says of a visit; nothing where it names only a patient."""
    event = context.message.header.component(9, 2)
    if event == MERGE:
        return _merges(context)
    encounter = context.encounter()
    if not encounter or encounter.kind == "patient":
        # Without a number of the visit nothing can be said of it.
        return ()
    moment = context.event_time(())
    return (
        VisitNews(encounter, STATES[event], context.value("department"), moment.utc),
    )


def _merges(context):
    moment = context.event_time(())
    merges = []
    for kind in ("visit", "account", "record"):
        gone = context.value(f"merged_{kind}", _merge_group(context))
        stays = context.value(kind)
        if gone and stays and gone != stays:
            name = "patient" if kind == "record" else kind
            merges.append(
                Merge(Encounter(name, gone), Encounter(name, stays), moment.utc)
            )
    if not merges:
        raise Hl7Error("required", "MRG", 1, "nothing is named that was merged")
    return tuple(merges)


def _merge_group(context):
    return [each for each in context.message.segments if each.name == "MRG"]

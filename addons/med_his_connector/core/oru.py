"""ORU^R01: how many tests were done. No result is ever looked at.

One OBR is one test, counted when OBR-25 first says that it is final (F). A correction
(C) or a repeated F adds nothing, for the test is known by its number (OBR-3) and kind
(OBR-4). X takes a counted test back; one that is not counted yet is counted no more,
unless it says that it was final (OBR-22) after X was written. Other states count
nothing yet.

Source: HL7 v2.9.1, 7.3.1 and 7.4.1; table 0123 (OBR-25).
"""

from dataclasses import dataclass
from datetime import datetime

from .charge import Encounter

FAMILY = "oru"
OPENER = "OBR"
SEGMENTS = frozenset({"MSH", "PID", "PV1", "ORC", "OBR"})
TYPES = frozenset({"ORU^R01"})
FINAL = frozenset({"F", "C"})
CANCELLED = frozenset({"X"})


@dataclass(frozen=True, slots=True)
class TestDone:
    """One test that was done, or (``cancelled``) was not after all."""

    position: str
    key: str
    code: str
    cancelled: bool
    department_code: str
    encounter: Encounter | None
    event_time: datetime  # UTC
    said_at: datetime  # UTC, MSH-7; when it was written that it was cancelled


def read(context) -> tuple[TestDone, ...]:
    """The tests that are final or cancelled; others say nothing yet."""
    found = []
    for group in context.groups():
        status = context.value("status", group)
        if status not in FINAL | CANCELLED:
            continue
        line = group[0]
        code, number = context.value("test", group), context.value("order", group)
        if not code:
            raise line.error("item_missing", 4, "a result names no test")
        if not number:
            raise line.error("required", 3, "a result without its number")
        found.append(
            TestDone(
                position=f"OBR[{line.occurrence}]",
                key=context.own_key("OBR", f"{number}/{code}"),
                code=code,
                cancelled=status in CANCELLED,
                department_code=context.value("department", group),
                encounter=context.encounter(group),
                event_time=(moment := context.event_time(group).utc),
                said_at=context.written() or moment,
            )
        )
    return tuple(found)

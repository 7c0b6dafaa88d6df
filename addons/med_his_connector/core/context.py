"""Reading one message: where the pieces of a line are found, whatever its family.

Nothing is guessed: what cannot be read is an ``Hl7Error`` with its place. The channel's
own paths go before the usual places.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import takewhile

from .charge import Encounter, Profile
from .hl7_message import NULL, Message, Segment
from .values import Moment, read_date, read_moment, read_quantity

#: Where a channel may point instead of the usual place: ``ZPA-5`` or ``PV1-3.4``.
PATH = re.compile(r"([A-Z][A-Z0-9]{2})-([1-9][0-9]{0,2})(?:\.([1-9][0-9]?))?")
#: Earlier than any interface: a typing error, or a vendor's stand-in for "unknown".
EARLIEST_YEAR = 1990
NOWHERE = (None, 0)


@dataclass(frozen=True, slots=True)
class Context:
    """One message being read. ``opener`` is the segment that begins a line's group."""

    message: Message
    opener: str
    message_key: str
    now: datetime
    profile: Profile

    def groups(self) -> list[list[Segment]]:
        """Each opener with what follows it, up to the next one."""
        found: list[list[Segment]] = []
        for segment in self.message.segments:
            if segment.name == self.opener:
                found.append([segment])
            elif found:
                found[-1].append(segment)
        return found

    def common(self) -> list[Segment]:
        """What stands before the first line and holds for all of them."""
        segments = self.message.segments
        return list(takewhile(lambda each: each.name != self.opener, segments))

    def find(self, group: Iterable[Segment], name: str) -> Segment | None:
        """The line's own segment, else the message's; never another line's."""
        return in_group((*group, *self.common()), name)

    @property
    def sender(self) -> str:
        """Namespace of the sender's own numbers: MSH-3 and MSH-4."""
        header = self.message.header
        return f"{key_part(header.raw(3))}|{key_part(header.raw(4))}"

    def own_key(self, kind: str, number: str) -> str:
        """Line key from the sender's number of the line; the same in any message."""
        return f"{self.sender}|{kind}:{key_part(number)}"

    def place_key(self, place: int) -> str:
        """Line key of a line that has none: its place in this message."""
        return f"{self.message_key}#{place}"

    def mapped(self, name: str, group: Iterable[Segment]) -> str | None:
        """What the channel's own path says; None where it has no path for ``name``."""
        path = self.profile.paths.get(name)
        if not path:
            return None
        segment_name, number, component = PATH.fullmatch(path).groups()
        segment = self.find(group, segment_name)
        return first((segment, int(number), int(component or 1)))

    def quantity(self, segment: Segment, number: int) -> Decimal:
        """The signed quantity; an empty one by the channel's policy."""
        text = segment.value(number)
        if text in ("", NULL):
            if self.profile.empty_quantity == "one":
                return Decimal(1)
            raise segment.error("quantity_missing", number, "the quantity is empty")
        try:
            quantity = read_quantity(text)
        except ValueError as error:
            raise segment.error("bad_quantity", number, str(error))
        largest = self.profile.largest_quantity
        if largest and abs(quantity) > largest:
            raise segment.error("quantity_limit", number, f"more than {largest:f}")
        return quantity

    def event_time(self, places: Iterable[tuple[Segment | None, int]]) -> Moment:
        """The first time that is given; checked against the clock."""
        for segment, number in places:
            text = plain(segment.value(number)) if segment else ""
            if text:
                return self._moment(text, segment, number)
        raise self.message.segments[0].error("time", 7, "no time is given anywhere")

    def traced(self, group, *, lot=NOWHERE, expiry=NOWHERE, serial=NOWHERE) -> dict:
        """Lot, expiry and serial: by the channel's paths, else at the usual places."""
        return {
            "lot": self._usual("lot", group, lot),
            "expiry": self._expiry(group, expiry),
            "serial": self._usual("serial", group, serial),
        }

    def whereabouts(self, group, departments: Iterable[tuple]) -> dict:
        """For whom and where, the same in every message family."""
        return {
            "department_code": self._department(group, departments),
            "location": first((self.message.first("PV1"), 3)),
            "encounter": self._encounter(),
        }

    def _moment(self, text, segment, number):
        try:
            moment = read_moment(text, self.profile.zone)
        except ValueError as error:
            raise segment.error("time", number, str(error))
        if moment.utc.year < EARLIEST_YEAR:
            raise segment.error("time", number, f"before {EARLIEST_YEAR}")
        if moment.utc > self.now + self.profile.future:
            raise segment.error("time_future", number, "the time lies in the future")
        oldest = self.profile.oldest
        if oldest and moment.utc < self.now - oldest:
            raise segment.error("time_old", number, "older than the channel accepts")
        return moment

    def _usual(self, name, group, place):
        mapped = self.mapped(name, group)
        return first(place) if mapped is None else mapped

    def _expiry(self, group, place):
        text = self._usual("expiry", group, place)
        try:
            return read_date(text) if text else None
        except ValueError as error:
            raise (place[0] or group[0]).error("time", place[1], f"expiry: {error}")

    def _department(self, group, candidates):
        """What the line names, else where the patient lies, else MSH-4."""
        mapped = self.mapped("department", group)
        if mapped is not None:
            return mapped
        visit, header = self.message.first("PV1"), self.message.first("MSH")
        return first(*candidates, (visit, 10), (visit, 3), (header, 4))

    def _encounter(self):
        """PV1-19 visit, else PID-18 account, else PID-3 (the number of type MR)."""
        patient, visit = self.message.first("PID"), self.message.first("PV1")
        record = self._record_number(patient)
        if number := first((visit, 19)):
            return Encounter("visit", number, record)
        if number := first((patient, 18)):
            return Encounter("account", number, record)
        return Encounter("patient", record, record) if record else None

    def _record_number(self, patient):
        """PID-3: the number of type MR, else the first; '' where there is none."""
        numbers = {}
        for repetition in range(1, patient.repetitions(3) + 1 if patient else 1):
            kind = patient.value(3, 5, repetition=repetition)
            number = plain(patient.value(3, repetition=repetition))
            if number:
                numbers.setdefault(kind, number)
        return numbers.get("MR") or next(iter(numbers.values()), "")


def plain(text: str) -> str:
    """A value, with HL7's explicit null as none."""
    return "" if text == NULL else text


def first(*places: tuple) -> str:
    """The first value given at places ``(segment or None, field[, component])``.

    An explicit null stops the search: it says that there is none.
    """
    for segment, *where in places:
        value = segment.value(*where) if segment else ""
        if value:
            return plain(value)
    return ""


def in_group(group: Iterable[Segment], name: str) -> Segment | None:
    return next((segment for segment in group if segment.name == name), None)


def key_part(text: str) -> str:
    """Part of a key: what could be taken for the joint is escaped."""
    return text.replace("\\", "\\\\").replace("|", "\\|")

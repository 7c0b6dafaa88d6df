"""Reading one message: where the pieces of a line are found, whatever its family.

Nothing is guessed: what cannot be read is an ``Hl7Error`` with its place. The channel's
own places go before the usual ones of ``mapping.py``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import takewhile

from .charge import Encounter, Profile
from .hl7_message import NULL, Message, Segment
from .mapping import USUAL, USUAL_CODES, codes, places
from .values import Moment, read_date, read_moment, read_quantity

#: Earlier than any interface: a typing error, or a vendor's stand-in for "unknown".
EARLIEST_YEAR = 1990
#: There is one of each in a message, wherever it stands.
ONCE = frozenset({"MSH", "EVN", "PID", "PV1", "SCH", "MFI"})


@dataclass(frozen=True, slots=True)
class Context:
    """One message being read. ``opener`` is the segment that begins a line's group."""

    message: Message
    family: str
    opener: str
    message_key: str
    now: datetime
    profile: Profile

    def as_family(self, family: str, opener: str = "") -> "Context":
        """The same message read by the places of another family."""
        return replace(self, family=family, opener=opener or self.opener)

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

    @property
    def sender(self) -> str:
        """Namespace of the sender's own numbers: MSH-3 and MSH-4."""
        header = self.message.header
        return f"{key_part(header.raw(3))}|{key_part(header.raw(4))}"

    def own_key(self, kind: str, number: str) -> str:
        """Line key from the sender's number of the line; the same in any message."""
        return f"{self.sender}|{kind}:{key_part(number)}"

    def message_line_key(self, kind: str, number: str) -> str:
        """Line key from a number that means something in this message alone."""
        return f"{self.message_key}|{kind}:{key_part(number)}"

    def place_key(self, place: int) -> str:
        """Line key of a line that has none: its place in this message."""
        return f"{self.message_key}#{place}"

    # Where a piece is

    def is_mapped(self, name: str) -> bool:
        """Whether the channel has places of its own for this piece."""
        paths = self.profile.paths
        return bool(paths.get(f"{self.family}.{name}") or paths.get(name))

    def located(self, name: str, group: Iterable[Segment] = ()):
        """``(segment, field, text)`` of the first place that is given, or None.

        An explicit null stops the search: it says that there is none.
        """
        return next(self._given(name, group), None)

    def value(self, name: str, group: Iterable[Segment] = ()) -> str:
        """What the message says of a piece; '' where it says nothing, or null."""
        found = self.located(name, group)
        return plain(found[2]) if found else ""

    def values(self, name: str, group: Iterable[Segment] = ()) -> list[str]:
        """What every place of the piece says, best first."""
        return [text for *_place, text in self._given(name, group) if plain(text)]

    def meaning(self, text: str) -> str:
        """What a code of kind or status means; '' where nobody knows it."""
        own = self.profile.codes.get(self.family)
        return codes(own or USUAL_CODES.get(self.family, "")).get(text, "")

    def _given(self, name, group):
        paths, group = self.profile.paths, list(group)
        row = paths.get(f"{self.family}.{name}") or paths.get(name)
        for place in places(row or USUAL[self.family].get(name, "")):
            for segment in self._segments(place, group):
                text = _text_at(segment, place)
                if text:
                    yield segment, place.field, text
                    break

    def _segments(self, place, group):
        """The line's own segments, else the message's; never another line's."""
        if place.segment in ONCE:
            segment = self.message.first(place.segment)
            return [segment] if segment else []
        own = [each for each in group if _is_meant(each, place)]
        return own or [each for each in self.common() if _is_meant(each, place)]

    # Values

    def quantity(self, group, name: str = "quantity") -> Decimal:
        """The signed quantity; an empty one by the channel's policy."""
        found = self.located(name, group)
        if not found or found[2] == NULL:
            if self.profile.empty_quantity == "one":
                return Decimal(1)
            segment, number = self._first_place(name, group)
            raise segment.error("quantity_missing", number, "the quantity is empty")
        quantity = self._number(found)
        largest = self.profile.largest_quantity
        if largest and abs(quantity) > largest:
            segment, number, _text = found
            raise segment.error("quantity_limit", number, f"more than {largest:f}")
        return quantity

    def number(self, name: str, group) -> Decimal | None:
        """A number that may be missing."""
        found = self.located(name, group)
        return self._number(found) if found and plain(found[2]) else None

    def written(self) -> datetime | None:
        """MSH-7 in UTC; None where there is none that can be read."""
        text = plain(self.message.first("MSH").value(7))
        try:
            return read_moment(text, self.profile.zone).utc
        except ValueError:
            return None

    def event_time(self, group, name: str = "time", future: bool = False) -> Moment:
        """The first time that is given, checked against the clock unless ``future``."""
        found = self.located(name, group)
        if not found or not plain(found[2]):
            segment = self.message.segments[0]
            raise segment.error("time", 7, "no time is given anywhere")
        segment, number, text = found
        return self._moment(text, segment, number, future)

    def day(self, name: str, group) -> date | None:
        """A day such as an expiry, or None."""
        found = self.located(name, group)
        if not found or not plain(found[2]):
            return None
        segment, number, text = found
        try:
            return read_date(text)
        except ValueError as error:
            raise segment.error("time", number, f"expiry: {error}")

    def item_codes(self, group) -> tuple[str, ...]:
        """The code of the line, then other codes of the same item, best first."""
        found = self.values("item", group)
        if not found:
            segment, number = self._first_place("item", group)
            raise segment.error("item_missing", number, "the line names no item")
        return tuple(dict.fromkeys((found[0], *self.values("other", group))))

    def encounter(self, group=(), prefix: str = "") -> Encounter | None:
        """The visit, else the account, else the number of the medical record."""
        record = self.value(f"{prefix}record", group)
        if number := self.value(f"{prefix}visit", group):
            return Encounter("visit", number, record)
        if number := self.value(f"{prefix}account", group):
            return Encounter("account", number, record)
        return Encounter("patient", record, record) if record else None

    def _number(self, found):
        segment, number, text = found
        try:
            return read_quantity(text)
        except ValueError as error:
            raise segment.error("bad_quantity", number, str(error))

    def _first_place(self, name, group):
        """Where the piece should have stood, for an error."""
        paths = self.profile.paths
        row = paths.get(f"{self.family}.{name}") or paths.get(name)
        wanted = places(row or USUAL[self.family].get(name, ""))
        for place in wanted:
            for segment in self._segments(place, list(group)):
                return segment, place.field
        own = list(group) or list(self.message.segments)
        return own[0], None

    def _moment(self, text, segment, number, future):
        try:
            moment = read_moment(text, self.profile.zone)
        except ValueError as error:
            raise segment.error("time", number, str(error))
        if moment.utc.year < EARLIEST_YEAR:
            raise segment.error("time", number, f"before {EARLIEST_YEAR}")
        if future:
            return moment
        if moment.utc > self.now + self.profile.future:
            raise segment.error("time_future", number, "the time lies in the future")
        oldest = self.profile.oldest
        if oldest and moment.utc < self.now - oldest:
            raise segment.error("time_old", number, "older than the channel accepts")
        return moment


def plain(text: str) -> str:
    """A value, with HL7's explicit null as none."""
    return "" if text == NULL else text


def in_group(group: Iterable[Segment], name: str) -> Segment | None:
    """The first segment of this name in a line's group."""
    return next((segment for segment in group if segment.name == name), None)


def key_part(text: str) -> str:
    """Part of a key: what could be taken for the joint is escaped."""
    return text.replace("\\", "\\\\").replace("|", "\\|")


def _is_meant(segment, place):
    if segment.name != place.segment:
        return False
    if not place.where:
        return True
    number, component, value = place.where
    return segment.value(number, component) == value


def _text_at(segment, place):
    where = (place.field, place.component, place.subcomponent)
    if not place.repetition:
        return segment.value(*where)
    component, kind = place.repetition
    for nth in range(1, segment.repetitions(place.field) + 1):
        if segment.value(place.field, component, repetition=nth) == kind:
            return segment.value(*where, repetition=nth)
    return ""

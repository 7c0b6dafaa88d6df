"""HL7 v2 text: from bytes to segments whose fields can be asked for by number.

Two steps, because a gateway must answer fast: ``read_envelope`` decodes, reads MSH and
checks the structure; ``parse`` then lets python-hl7 split the segments that are needed.
Whatever the input, only ``Hl7Error`` is raised, and the work is bounded by ``Limits``.

Source: HL7 v2.9.1, chapter 2 (2.5 delimiters, 2.7 escapes, 2.14.9 MSH).
"""

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import hl7

from .charset import decode
from .errors import Hl7Error
from .soap import is_envelope, unwrap

#: A field that says "delete the value", which is not an empty one ("no change").
NULL = '""'
SEGMENT_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
VERSION = re.compile(r"2\.[1-9](\.[0-9]){0,2}")
HEX_ESCAPE = re.compile(r"X((?:[0-9A-Fa-f]{2})+)")
STANDARD = "^~\\&"
#: Segments each of which is a line of use, return or request.
LINE_SEGMENTS = ("FT1", "RXA", "RXO", "ZPM", "INV", "RQD")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one message may cost us."""

    segments: int = 10_000
    lines: int = 1_000  # of use, return or request
    fields: int = 2_000  # in one segment
    field_chars: int = 65_536
    repetitions: int = 100
    parts: int = 80_000  # delimiters in the segments that are parsed; about 1 s


@dataclass(frozen=True, slots=True)
class Delimiters:
    """MSH-1 and MSH-2."""

    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str

    def split(self, text: str) -> list[str]:
        """A segment's fields, without looking into them."""
        return text.split(self.field)


@dataclass(frozen=True, slots=True)
class Header:
    """MSH as it was sent: no value is unescaped or trimmed, so it can be sent back."""

    delimiters: Delimiters
    fields: tuple[str, ...]  # fields[n] is MSH-n

    def raw(self, number: int) -> str:
        """MSH-``number``; ``''`` where it is absent."""
        return self.fields[number] if number < len(self.fields) else ""

    def component(self, number: int, component: int = 1) -> str:
        """A component of MSH-``number``, trimmed, of its first repetition."""
        value = self.fields[number] if number < len(self.fields) else ""
        return _component_of(value, self.delimiters, component) if value else ""

    @property
    def control_id(self) -> str:  # MSH-10
        return self.raw(10)

    @property
    def message_type(self) -> str:
        """``DFT^P03``, whatever the sender's delimiter; ``''`` if MSH-9 is empty."""
        return _type_of(self.raw(9), self.delimiters)

    @property
    def processing_id(self) -> str:  # MSH-11.1
        return self.component(11)

    @property
    def version(self) -> str:  # MSH-12.1
        return self.component(12)


@dataclass(slots=True)
class Envelope:
    """A message that was decoded and whose structure holds; segments are still text."""

    header: Header
    codec: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment. Values are unescaped and trimmed; what is absent is ``''``."""

    name: str
    occurrence: int  # the second FT1 of the message has 2
    delimiters: Delimiters
    codec: str
    fields: list

    def value(
        self, field: int, component: int = 1, subcomponent: int = 1, repetition: int = 1
    ) -> str:
        """One value by HL7's own numbers, from 1. A part that is not divided further is
        its own first component and subcomponent, as the standard says."""
        if field >= len(self.fields):
            return ""
        node = list.__getitem__(self.fields, field)
        for number in (repetition, component, subcomponent):
            if isinstance(node, str):
                if number != 1:
                    return ""
            elif number > len(node):
                return ""
            else:
                node = list.__getitem__(node, number - 1)
        while not isinstance(node, str):
            node = list.__getitem__(node, 0) if node else ""
        return self._unescape(node, field).strip()

    def repetitions(self, field: int) -> int:
        """How often a field is repeated; 0 where it is absent."""
        return len(self.fields[field]) if field < len(self.fields) else 0

    def error(self, code: str, field: int, text: str, value: str = "") -> Hl7Error:
        """An error that stands at this field, for the caller to raise."""
        return Hl7Error(code, self.name, field, text, self.occurrence, value)

    def _unescape(self, text, field):
        """Undo escapes; one that is not known stays as it was sent."""
        escape = self.delimiters.escape
        if escape not in text:
            return text
        parts = text.split(escape)
        if len(parts) % 2 == 0:  # a lone escape character is text
            return text
        plain = parts[:1]
        for sequence, following in zip(parts[1::2], parts[2::2], strict=True):
            plain += [self._unescape_one(sequence, field), following]
        return "".join(plain)

    def _unescape_one(self, sequence, field):
        known = {
            "F": self.delimiters.field,
            "S": self.delimiters.component,
            "T": self.delimiters.subcomponent,
            "R": self.delimiters.repetition,
            "E": self.delimiters.escape,
            "H": "",  # highlighting begins and ends
            "N": "",
            ".br": "\n",
        }
        if sequence in known:
            return known[sequence]
        if hexadecimal := HEX_ESCAPE.fullmatch(sequence):
            try:
                return bytes.fromhex(hexadecimal[1]).decode(self.codec)
            except UnicodeDecodeError:
                raise self.error(
                    "escape",
                    field,
                    "the escaped bytes are no text in this charset",
                ) from None
        return f"{self.delimiters.escape}{sequence}{self.delimiters.escape}"


@dataclass(frozen=True, slots=True)
class Message:
    """A parsed message: its header and the segments that were asked for, in order."""

    header: Header
    codec: str
    segments: tuple[Segment, ...]

    def first(self, name: str) -> Segment | None:
        """The first segment of this name."""
        return next((each for each in self.segments if each.name == name), None)


def read_envelope(raw: bytes, default_codec="utf-8", limits=Limits()) -> Envelope:  # noqa: B008
    """Decode, normalise line ends, read MSH, check structure and sizes."""
    if is_envelope(raw):
        text, codec = unwrap(raw), "utf-8"
    else:
        text, codec = decode(raw, default_codec)
    text = text.replace("\r\n", "\r").replace("\n", "\r")
    # Blank lines are layout; a line keeps its own spaces, which may be data.
    lines = tuple([line for line in text.split("\r") if line and not line.isspace()])
    if not lines or lines[0][:3] != "MSH":
        first = lines[0][:3] if lines else ""
        if first in ("FHS", "BHS"):
            raise Hl7Error("batch", first, text="batches are not accepted here")
        raise Hl7Error("not_hl7", text="the message does not begin with MSH")
    header = read_header(lines[0])
    _check_structure(lines, header.delimiters, limits)
    return Envelope(header, codec, lines)


def read_header(line: str) -> Header:
    """Read one MSH line."""
    delimiters = _read_delimiters(line)
    parts = delimiters.split(line)
    return Header(delimiters, ("MSH", delimiters.field, *parts[1:]))


def check_acceptable(header: Header) -> None:
    """What a resend cannot mend is said at once: no type, or no version of HL7 v2."""
    if not header.message_type:
        raise Hl7Error("required", "MSH", 9, "the message type is missing")
    if header.version and not VERSION.fullmatch(header.version):
        raise Hl7Error("version", "MSH", 12, "this is no version of HL7 v2")


def parse(envelope: Envelope, keep=None, limits=Limits()) -> Message:  # noqa: B008
    """Split segments into fields. ``keep`` names those that are needed (None: all).

    What is not kept is never looked at: names, diagnoses and notes stay where they are.
    """
    delimiters = envelope.header.delimiters
    kept, counts = [], {}
    for line in envelope.lines:
        name = line[:3]
        counts[name] = counts.get(name, 0) + 1
        # Z segments are a site's own; which of them matter is the channel's mapping.
        if keep is None or name in keep or name == "MSH":
            kept.append((name, counts[name], line))
    _check_parts(kept, delimiters, limits)
    try:
        parsed = hl7.parse("\r".join(line for _, _, line in kept))
    except (hl7.HL7Exception, AssertionError, LookupError, ValueError) as error:
        # Whatever the parser stumbles over, our reader gets one kind of error.
        raise Hl7Error("parse", text=f"the parser refused: {type(error).__name__}")
    segments = tuple(
        Segment(name, occurrence, delimiters, envelope.codec, list(fields))
        for (name, occurrence, _), fields in zip(kept, parsed, strict=True)
    )
    return Message(envelope.header, envelope.codec, segments)


def _component_of(value, delimiters, component):
    first = value.partition(delimiters.repetition)[0]
    parts = first.split(delimiters.component)
    return parts[component - 1].strip() if component <= len(parts) else ""


@lru_cache(maxsize=256)
def _type_of(value, delimiters):
    parts = (_component_of(value, delimiters, number) for number in (1, 2))
    return "^".join(filter(None, parts))


def _read_delimiters(line):
    field = line[3:4]
    return _delimiters(field, line[4:].split(field, 1)[0] if field else "")


@lru_cache(maxsize=64)
def _delimiters(field, encoding):
    if not field or field.isalnum() or field.isspace() or not field.isprintable():
        raise Hl7Error("delimiters", "MSH", 1, "the field separator is missing")
    if not 1 <= len(encoding) <= 5:
        raise Hl7Error("delimiters", "MSH", 2, "one to five encoding characters")
    # A short MSH-2 leaves the rest at their usual values; a fifth character
    # (truncation, v2.7) has no meaning for us.
    four = encoding[:4] + STANDARD[len(encoding) :]
    every = field + four
    if len(set(every)) != 5 or any(
        each.isalnum() or each.isspace() or not each.isprintable() for each in every
    ):
        raise Hl7Error("delimiters", "MSH", 2, "the delimiters are not all different")
    return Delimiters(field, *four)


def _check_structure(lines, delimiters, limits):
    if len(lines) > limits.segments:
        raise Hl7Error("too_large", text=f"more than {limits.segments} segments")
    if len(lines) > limits.lines:
        _check_lines(lines, limits)
    separator = delimiters.field
    for number, line in enumerate(lines, start=1):
        name, after = line[:3], line[3:4]
        if not SEGMENT_NAME.fullmatch(name) or (after and after != separator):
            raise Hl7Error("segment_name", text=f"line {number} is no segment")
        if number > 1 and name in ("MSH", "BHS", "FHS"):
            raise Hl7Error("batch", name, text="one message in one frame, please")
        # A short line cannot have so many: counting each would be half of the work.
        if len(line) > limits.fields and line.count(separator) > limits.fields:
            raise Hl7Error("too_large", name, text=f"more than {limits.fields} fields")
        if len(line) > limits.field_chars:
            _check_fields(name, delimiters.split(line), limits)


def _check_lines(lines, limits):
    counts = Counter(line[:3] for line in lines)
    for name in LINE_SEGMENTS:
        if counts[name] > limits.lines:
            raise Hl7Error("too_large", name, text=f"more than {limits.lines} lines")


def _check_fields(name, fields, limits):
    for number, field in enumerate(fields):
        if len(field) > limits.field_chars:
            raise Hl7Error(
                "too_large", name, number, f"more than {limits.field_chars} characters"
            )


def _check_parts(kept, delimiters, limits):
    """Bound what the parser must build, and how often one field may repeat."""
    parts = 0
    for name, occurrence, line in kept:
        parts += sum(
            line.count(each)
            for each in (
                delimiters.field,
                delimiters.component,
                delimiters.repetition,
                delimiters.subcomponent,
            )
        )
        if parts > limits.parts:
            raise Hl7Error("too_large", text=f"more than {limits.parts} parts")
        if line.count(delimiters.repetition) >= limits.repetitions:
            for number, field in enumerate(delimiters.split(line)):
                if field.count(delimiters.repetition) >= limits.repetitions:
                    raise Hl7Error(
                        "too_large",
                        name,
                        number,
                        f"more than {limits.repetitions} repetitions",
                        occurrence,
                    )

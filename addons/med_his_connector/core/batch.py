"""Batches: many messages in one frame, and the batch of answers to them.

    FHS? (BHS? MSH… BTS?)+ FTS?

Cut into messages before anything is decoded: a line ends with CR or LF, which cannot
occur inside a character of any set we read, and each message declares its own set.

Source: HL7 v2.9.1, 2.10.3 batch protocol, 2.14.2 BHS, 2.14.3 BTS, 2.14.6 FHS, 2.14.7
FTS.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime

LINE = re.compile(rb"[^\r\n]+")
#: What a response batch declares; latin-1 gives every byte of theirs back as it came.
CODEC = "iso8859-1"
NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(slots=True)
class Batch:
    """One BHS to BTS: its messages as they were sent, and how many it says they are."""

    header: str = ""
    messages: list[bytes] = field(default_factory=list)
    trailer: str = ""


@dataclass(slots=True)
class BatchFile:
    """All that came in one frame."""

    header: str = ""
    batches: list[Batch] = field(default_factory=list)
    trailer: str = ""

    @property
    def messages(self) -> list[bytes]:
        """All messages of all batches, in the order in which they came."""
        return [message for batch in self.batches for message in batch.messages]

    @property
    def control_id(self) -> str:  # FHS-11, else BHS-11 of the first
        headers = [self.header, *(batch.header for batch in self.batches)]
        return next((_value(each, 11) for each in headers if each), "")

    def problems(self) -> list[str]:
        """What does not add up, each with its segment; empty where all is well."""
        found = []
        for number, batch in enumerate(self.batches, start=1):
            found += _check("BTS", number, batch.trailer, len(batch.messages), batch)
        if self.header:
            found += _check("FTS", 1, self.trailer, len(self.batches), self)
        return found


def is_batch(raw: bytes) -> bool:
    """Whether a frame holds a batch, and not one message."""
    return raw.lstrip()[:3] in (b"FHS", b"BHS")


def split_batch(raw: bytes) -> BatchFile:
    """The batches of a frame. Whatever stands before the first MSH of a batch, or has
    no place, makes a message of its own that will be refused as one."""
    file, batch, span = BatchFile(), None, None

    def end_message():
        nonlocal span
        if span:
            # Byte for byte as it would have come alone: so it is known again.
            batch.messages.append(raw[slice(*span)] + b"\r")
            span = None

    for line, begin, end in _lines(raw):
        name = line[:3]
        if name == b"FHS" and not file.header and not file.batches:
            file.header = line.decode(CODEC)
        elif name == b"FTS":
            end_message()
            file.trailer = line.decode(CODEC)
        elif name == b"BHS":
            end_message()
            batch = Batch(header=line.decode(CODEC))
            file.batches.append(batch)
        else:
            if batch is None or (batch.trailer and name != b"BTS"):
                batch = Batch()
                file.batches.append(batch)
            if name == b"BTS":
                end_message()
                batch.trailer = line.decode(CODEC)
            else:
                if name == b"MSH":
                    end_message()
                span = span[0] if span else begin, end
    end_message()
    return file


def answer_batch(
    file: BatchFile, answers: list[bytes], own_id: str, now: datetime, problems=()
) -> bytes:
    """The response batch: the answers, in the batches of their messages.

    ``answers`` holds one entry a message; b'' where none is to be sent.
    """
    parts, rest = [], iter(answers)
    for number, batch in enumerate(file.batches, start=1):
        own = [next(rest) for _message in batch.messages]
        sent = [each for each in own if each]
        header = batch.header or file.header
        parts.append(_header("BHS", header, f"{own_id}-{number}", now))
        parts += [each.rstrip(b"\r") for each in sent]
        comment = "; ".join(each for each in problems if f"BTS[{number}]" in each)
        parts.append(_trailer("BTS", header, len(sent), comment))
    if file.header:
        comment = "; ".join(each for each in problems if "FTS" in each)
        parts.insert(0, _header("FHS", file.header, own_id, now))
        parts.append(_trailer("FTS", file.header, len(file.batches), comment))
    return b"\r".join((*parts, b""))


def _lines(raw):
    """``(text, begin, end)`` of lines that are not blank; they end behind their last
    character, be it a space."""
    for match in LINE.finditer(raw):
        if line := match[0].strip():
            yield line, match.end() - len(match[0].lstrip()), match.end()


def _check(name, number, trailer, there, where):
    if not trailer:
        return [f"{name}[{number}] is missing"] if where.header else []
    said = _value(trailer, 1)
    if said and not NUMBER.fullmatch(said):
        return [f"{name}[{number}]-1 is no number"]
    if said and int(said) != there:
        return [f"{name}[{number}]-1 says {said}, there are {there}"]
    return []


def _value(line, number):
    """Field ``number`` of a header or trailer; a header's first is its separator."""
    separator = line[3:4]
    if not separator:
        return ""
    parts = line.split(separator)
    at = number - 1 if line[:3] in ("FHS", "BHS") else number
    return parts[at].strip() if at < len(parts) else ""


def _header(name, theirs, own_id, now):
    separator = theirs[3:4] or "|"
    encoding = _value(theirs, 2) or "^~\\&"
    fields = {
        2: encoding,
        3: _value(theirs, 5),
        4: _value(theirs, 6),
        5: _value(theirs, 3),
        6: _value(theirs, 4),
        7: now.strftime("%Y%m%d%H%M%S%z"),
        11: own_id,
        12: _value(theirs, 11),
    }
    body = separator.join(fields.get(number, "") for number in range(2, 13))
    return f"{name}{separator}{body}".encode(CODEC)


def _trailer(name, theirs, count, comment):
    separator = theirs[3:4] or "|"
    text = comment.replace(separator, " ")
    return separator.join(filter(None, (name, str(count), text))).encode(CODEC)

"""The answer to a message: who is told what, in the sender's own characters.

Source: HL7 v2.9.1, 2.8.2 (original mode), 2.8.3 (enhanced mode), 2.14.5 ERR, tables
0008, 0155 and 0357. AE says that a resend cannot mend it; for a passing fault the
safest answer is none at all. AR is only sent where a message is missing before this one
(2.9.1): the same message is accepted later.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from .errors import Hl7Error
from .hl7_message import Delimiters, Header, read_header

#: Table 0357 for our own codes; what is not listed is 207, an error of the receiver.
CONDITIONS = {
    "not_hl7": (100, "Segment sequence error"),
    "segment_name": (100, "Segment sequence error"),
    "batch": (100, "Segment sequence error"),
    "delimiters": (102, "Data type error"),
    "doctype": (102, "Data type error"),
    "xml": (102, "Data type error"),
    "charset_unknown": (102, "Data type error"),
    "charset_invalid": (102, "Data type error"),
    "too_large": (102, "Data type error"),
    "required": (101, "Required field missing"),
    "message_type": (200, "Unsupported message type"),
    "version": (203, "Unsupported version id"),
    "same_id": (205, "Duplicate key identifier"),
    "batch_count": (102, "Data type error"),
    "batch_refused": (207, "Application internal error"),
    "unknown_item": (204, "Unknown key identifier"),
    "unknown_department": (204, "Unknown key identifier"),
}
PLAIN = Header(
    Delimiters("|", "^", "~", "\\", "&"), ("MSH", "|", "^~\\&", *[""] * 9, "2.5")
)
#: Stands for an id; no message that can be read has this character.
MARK = "\x00"
GOOD_ANSWERS = 256
_good_answers: dict[tuple, tuple[bytes, ...]] = {}
HEADER_LINE = re.compile(rb"\AMSH[^\r\n]*")


@dataclass(slots=True)
class Answer:
    """What is stored with the message and sent again for every resend."""

    code: str  # MSA-1; '' where the sender wants no answer
    content: bytes


def answer(
    header: Header,
    codec: str,
    own_id: str,
    now: datetime,
    error: Hl7Error | None = None,
    replies: bool = False,
    expected: int | None = None,
) -> Answer:
    """The acknowledgement of a message; ``now`` bears its time zone.

    Original mode (MSH-15 and 16 empty): AA or AE. Enhanced: CA or CE as MSH-15 asks.
    A sender that asks only for an application acknowledgement (MSH-16) waits for it on
    this connection, so it is answered like the original mode; unless we can reply on an
    exchange of our own (``replies``). ``expected`` is MSA-4 of the sequence protocol.
    """
    code = _code(header, error, replies)
    if not code:
        return Answer("", b"")
    return _answer(code, header, codec, own_id, now, error, expected)


def answer_application(
    header: Header, codec: str, own_id: str, now: datetime, error: Hl7Error | None
) -> Answer:
    """The application acknowledgement on its own exchange: AA or AE.

    It asks its receiver to say that it arrived (MSH-15 AL), and no more (MSH-16 NE).
    """
    code = "AE" if error else "AA"
    return _answer(code, header, codec, own_id, now, error, asked={15: "AL", 16: "NE"})


def answer_out_of_sequence(
    header: Header, codec: str, own_id: str, now: datetime, code: str, expected: int
) -> Answer:
    """What the sequence protocol says to a message that is not stored now."""
    return _answer(code, header, codec, own_id, now, None, expected)


def _answer(code, header, codec, own_id, now, error, expected=None, asked=None):
    if not error and expected is None and not asked:
        before, between, end = _good_answer(code, header, codec, now)
        control_id = header.control_id.encode(codec)
        return Answer(code, before + own_id.encode() + between + control_id + end)
    parts = _segments(header, code, own_id, now, error, expected, asked or {})
    return Answer(code, "\r".join((*parts, "")).encode(codec))


def _good_answer(code, header, codec, now):
    """What stands around our id and theirs. It is the same for all messages of a
    sender within a second, and to put it together costs as much as to read one."""
    fields, stamp = header.fields, _stamp(now)
    key = (code, codec, stamp, fields[1:7], fields[9:10], fields[11:13], fields[18:19])
    known = _good_answers.get(key)
    if not known:
        before = (*fields, *[""] * 10)[:10]
        theirs = Header(header.delimiters, (*before, MARK, *fields[11:]))
        parts = (*_segments(theirs, code, MARK, now, None, None, {}), "")
        known = tuple(part.encode(codec) for part in "\r".join(parts).split(MARK))
        if len(_good_answers) >= GOOD_ANSWERS:
            _good_answers.clear()
        _good_answers[key] = known
    return known


def answer_unreadable(
    raw: bytes, own_id: str, now: datetime, error: Hl7Error
) -> Answer:
    """The refusal of bytes that could not be read, as far as their MSH can be seen.

    Latin-1 gives every byte back as it came, so even an id in an unknown character set
    returns exactly.
    """
    header = PLAIN
    if line := HEADER_LINE.match(raw.lstrip()[:4096]):
        try:
            header = read_header(line[0].decode("iso8859-1"))
        except Hl7Error:
            header = PLAIN
    return answer(header, "iso8859-1", own_id, now, error)


def _code(header, error, replies):
    accept, application = header.component(15).upper(), header.component(16).upper()
    if not accept and not application:
        return "AE" if error else "AA"
    if application and replies:
        accept = accept or "NE"
    wanted = accept or application
    asked = {"AL": True, "NE": False, "ER": bool(error), "SU": not error}
    if not asked.get(wanted, True):
        return ""
    return ("C" if accept else "A") + ("E" if error else "A")


def reply_is_wanted(header: Header, error: object) -> bool:
    """Whether MSH-16 asks for an application acknowledgement of this outcome."""
    wanted = header.component(16).upper()
    return {"AL": True, "ER": bool(error), "SU": not error}.get(wanted, False)


def _segments(header, code, own_id, now, error, expected, asked):
    separator, component = header.delimiters.field, header.delimiters.component
    event = header.component(9, 2)
    kind = component.join(("ACK", event, "ACK")) if event else "ACK"
    fields = {
        3: header.raw(5),
        4: header.raw(6),
        5: header.raw(3),
        6: header.raw(4),
        7: _stamp(now),
        9: kind,
        10: own_id,
        11: header.raw(11),
        12: header.raw(12),
        18: header.raw(18),
        **asked,
    }
    last = max(number for number, value in fields.items() if value)
    body = (fields.get(number, "") for number in range(3, last + 1))
    yield f"MSH{separator}" + separator.join((header.raw(2), *body))
    told = () if expected is None else ("", str(expected))
    yield separator.join(("MSA", code, header.control_id, *told))
    if error:
        yield separator.join(_error_fields(header, error))


def _stamp(now):
    """Many are answered at one moment; which may be told in several zones."""
    return _stamp_in(now, now.tzinfo)


@lru_cache(maxsize=16)
def _stamp_in(now, _zone):
    return now.strftime("%Y%m%d%H%M%S%z")


def _error_fields(header, error):
    """ERR: place and code of the defect, never what the message says there."""
    component = header.delimiters.component
    number, meaning = CONDITIONS.get(error.code, (207, "Application internal error"))
    place = [error.segment, str(error.occurrence), str(error.field or "")]
    place = component.join(place).rstrip(component) if error.segment else ""
    if header.version and header.version < "2.5":
        # Until 2.4 ERR-1 was segment, sequence, field and code.
        return "ERR", component.join((place or component * 2, str(number)))
    condition = component.join((str(number), meaning, "HL70357"))
    text = _without_delimiters(error.text, header.delimiters)
    return "ERR", "", place, condition, "E", "", "", "", text


def _without_delimiters(text, delimiters):
    special = {
        delimiters.field,
        delimiters.component,
        delimiters.repetition,
        delimiters.escape,
        delimiters.subcomponent,
    }
    return "".join(" " if each in special else each for each in text)

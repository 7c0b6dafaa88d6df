"""What becomes of an arrival before anything is known about items or departments.

    received      it can be read, and waits for its turn
    exception     it can be read, but what it is has no place here yet
    quarantined   it cannot be read, or its id belongs to another message

A resend mends nothing in the last two, so the sender is told (AE).
"""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

from .acknowledgement import PLAIN, Answer, answer, answer_unreadable
from .batch import is_batch
from .charges import fate_of_type, message_key
from .errors import Hl7Error
from .framing import Refused
from .hl7_message import Header, check_acceptable, read_envelope
from .lane import lane_of

#: What the framing layer says about bytes that are no message.
REFUSALS = {
    "stray": Hl7Error("stray", text="bytes outside any MLLP frame"),
    "unfinished": Hl7Error("unfinished", text="the frame was not finished"),
    "too_large": Hl7Error("too_large", text="the frame is larger than allowed"),
}


@dataclass(frozen=True, slots=True)
class Receiver:
    """What must be known of a channel to accept its messages."""

    channel_id: int
    company_id: int
    charset: str
    zone: tzinfo
    replies: bool = False  # application acknowledgements go to an address of theirs
    late: bool = False  # answered when processed, not when stored
    sequence: bool = False  # MSH-13 is checked
    whole_batches: bool = False  # one bad message refuses its batch
    only_errors: bool = False  # a response batch holds no AA


# What is made anew for every message is not frozen: that would cost as much as to read
# its header. Only an arrival is ever changed: it is given its verdict.


@dataclass(slots=True, unsafe_hash=True)
class Labels:
    """What a stored message is found by: MSH of HL7, or what its format has instead."""

    control_id: str = ""
    application: str = ""
    facility: str = ""
    message_type: str = ""
    processing_id: str = ""
    version: str = ""


@dataclass(slots=True)
class Verdict:
    """What is to be stored, and what the sender is told.

    Formats other than HL7 v2 make their own, with ``labels`` and no header.
    """

    key: str  # identifies the message among those of its channel
    sha256: str
    size: int
    codec: str
    header: Header
    state: str
    answer: Answer
    content: bytes = field(default=b"", repr=False)
    error: Hl7Error | None = None
    labels: Labels = Labels()
    lane: int = 0


@dataclass(slots=True)
class Arrival:
    """What a connection brought: a message, or bytes that were refused as one.

    A transport whose format is not HL7 v2 brings its own ``verdict``; and one that has
    time while others are stored.
    """

    receiver: Receiver
    peer: str
    content: bytes = field(default=b"", repr=False)
    refused: Refused | None = None
    verdict: Verdict | None = None
    batch_id: int | None = None


def apart(arrival: Arrival) -> str:
    """Why an arrival is more than one row: it is a ``batch`` or ``numbered``; or ''."""
    if arrival.verdict or not arrival.content:
        return ""
    if is_batch(arrival.content):
        return "batch"
    return "numbered" if arrival.receiver.sequence else ""


def judged(arrival: Arrival, own_id: str, now: datetime) -> Arrival:
    """The arrival, given its verdict by whoever has time ahead of storing."""
    if arrival.refused:
        arrival.verdict = judge_refused(arrival.refused, own_id, now)
        return arrival
    if arrival.verdict or apart(arrival):
        return arrival
    arrival.verdict = judge(arrival.content, arrival.receiver, own_id, now)
    return arrival


def content_hash(content: bytes) -> str:
    """SHA-256 without line ends after the last segment: senders differ there between
    one message and the same one in a batch."""
    return hashlib.sha256(content.rstrip(b"\r\n")).hexdigest()


def judge(content: bytes, receiver: Receiver, own_id: str, now: datetime) -> Verdict:
    """Judge a framed message. ``now`` bears its zone; ``own_id`` is the answer's."""
    sha256 = content_hash(content)
    whole = {"sha256": sha256, "size": len(content), "content": content}
    try:
        envelope = read_envelope(content, receiver.charset)
    except Hl7Error as error:
        return Verdict(
            key=f"sha256:{sha256}",
            codec="",
            header=PLAIN,
            state="quarantined",
            answer=answer_unreadable(content, own_id, now, error),
            error=error,
            **whole,
        )
    header, error = envelope.header, _objection(envelope.header)
    return Verdict(
        key=message_key(header, sha256),
        codec=envelope.codec,
        header=header,
        state="exception" if error else "received",
        answer=_first_answer(header, envelope.codec, receiver, own_id, now, error),
        error=error,
        labels=labels_of(header),
        lane=lane_of(envelope, receiver.company_id),
        **whole,
    )


def _first_answer(header, codec, receiver, own_id, now, error):
    if receiver.late and not error:
        return Answer("", b"")
    return answer(header, codec, own_id, now, error, receiver.replies)


def labels_of(header: Header) -> Labels:
    """What a message is filed under, from its MSH."""
    return Labels(
        control_id=header.control_id,
        application=header.raw(3),
        facility=header.raw(4),
        message_type=header.message_type,
        processing_id=header.processing_id,
        version=header.version,
    )


def judge_refused(refused: Refused, own_id: str, now: datetime) -> Verdict:
    """Judge bytes that were no frame. Only a sender that is still there is answered."""
    error = REFUSALS[refused.reason]
    answered = refused.reason == "too_large"
    return Verdict(
        key=f"{refused.reason}:{refused.sha256}",
        sha256=refused.sha256,
        size=refused.size,
        codec="",
        header=PLAIN,
        state="quarantined",
        answer=answer_unreadable(b"", own_id, now, error)
        if answered
        else Answer("", b""),
        error=error,
    )


def judge_same_id(verdict: Verdict, own_id: str, now: datetime) -> Verdict:
    """The id belongs to another content: neither dropped nor merged, but put aside.

    What is no HL7 v2 gets no answer here; its transport words its own.
    """
    error = Hl7Error(
        "same_id", "MSH", 10, "another message with this id was received before"
    )
    return replace(
        verdict,
        key=f"{verdict.key}|sha256:{verdict.sha256}",
        state="quarantined",
        answer=answer(verdict.header, verdict.codec, own_id, now, error)
        if verdict.codec and verdict.header is not PLAIN
        else Answer("", b""),
        error=error,
    )


def _objection(header):
    try:
        check_acceptable(header)
    except Hl7Error as error:
        return error
    if fate_of_type(header.message_type) == "unsupported":
        return Hl7Error(
            "message_type", "MSH", 9, "this type of message is not supported"
        )
    return None

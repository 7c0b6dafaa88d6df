"""What a receiver's answer says: taken, to be sent again, or of no use to send again.

Source: HL7 v2.9.1, 2.8.2.1: AE a defect of the content, AR a reason that has nothing to
do with the content and may pass. Some vendors mean by AR what the standard calls AE.
"""

from dataclasses import dataclass

from .errors import Hl7Error
from .hl7_message import parse, read_envelope

TAKEN = {"AA", "CA"}
WRONG = {"AE", "CE"}
REJECTED = {"AR", "CR"}


@dataclass(frozen=True, slots=True)
class Received:
    """``fate``: taken, wrong (a resend mends nothing), rejected, later, or foreign."""

    fate: str
    code: str = ""
    reason: str = ""  # ERR-3 and ERR-2: codes and places, never their words


def read_answer(raw: bytes, control_id: str, codec: str) -> Received:
    """What is said about our message; ``foreign`` where it is about another one (a late
    answer to an earlier message, which must never be taken for ours)."""
    try:
        message = parse(read_envelope(raw, codec), keep={"MSA", "ERR"})
    except Hl7Error:
        return Received("later", reason="unreadable answer")
    acknowledgement = message.first("MSA")
    if not acknowledgement:
        return Received("later", reason="answer without MSA")
    code = acknowledgement.value(1).upper()
    if acknowledgement.value(2) != control_id:
        return Received("foreign", code)
    if code in TAKEN:
        return Received("taken", code)
    fate = "wrong" if code in WRONG else "rejected" if code in REJECTED else "later"
    return Received(fate, code, _reason(message))


def _reason(message):
    error = message.first("ERR")
    if not error:
        return ""
    place = "-".join(filter(None, (error.value(2, part) for part in (1, 3))))
    return " ".join(filter(None, (error.value(3), place)))[:100]

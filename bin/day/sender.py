"""The sending side of MLLP: one message, wait for its answer, then the next."""

import socket
from collections import Counter

from demo import wire

ANSWER_SECONDS = 60


class Unacknowledged(Exception):
    """An answer that a sender cannot accept: it would stop and send again."""


def send(messages, host, port, say=lambda _done: None):
    """Send all; returns how many answers of each kind came (``AA``, ``AE`` ...).

    Every answer must name the message it answers (MSA-2): a late answer taken for the
    next message's is how messages get lost.
    """
    answers = Counter()
    with socket.create_connection((host, port), timeout=ANSWER_SECONDS) as line:
        waiting = b""
        for done, message in enumerate(messages, start=1):
            line.sendall(wire.frame(message))
            answer, waiting = _receive(line, waiting)
            answers[_check(answer, wire.control_id(message))] += 1
            say(done)
    return answers


def _receive(line, waiting):
    """The next whole frame, and the bytes after it."""
    while wire.END not in waiting:
        part = line.recv(65536)
        if not part:
            raise Unacknowledged("The gateway closed the line without an answer.")
        waiting += part
    answer, _, rest = waiting.partition(wire.END)
    return answer.removeprefix(wire.START), rest


def _check(answer, control_id):
    """The code of an answer, which must be for this message."""
    for segment in answer.split(b"\r"):
        fields = segment.split(b"|")
        if fields[0] == b"MSA":
            named = fields[2].decode("ascii", "replace")
            if named != control_id:
                raise Unacknowledged(
                    f"The answer to {control_id} names {named or 'nothing'} (MSA-2)."
                )
            return fields[1].decode("ascii", "replace")
    raise Unacknowledged(f"The answer to {control_id} has no MSA.")

"""What an answer to a delivery means: arrived, try again, or never.

A message that the receiver will never take is not sent again: it waits for a person.
Everything else is tried again after a growing pause.
"""

from dataclasses import dataclass

#: HTTP statuses that ask for patience (RFC 9110, RFC 6585, RFC 8470).
LATER = {408, 425, 429}
#: Codes that group robots give for an address or signature that is wrong and stays so.
ROBOT_NEVER = {
    93000,  # WeCom: no such robot
    93004,  # WeCom: the robot was taken out of the group
    93008,  # WeCom: the robot is not in the group
    300001,  # DingTalk: no such token
    310000,  # DingTalk: keyword, signature or address is refused
    400101,  # DingTalk: the token is missing
    400102,  # DingTalk: the robot is switched off
}
FIRST_PAUSE = 60  # seconds
LONGEST_PAUSE = 6 * 3600  # seconds


@dataclass(frozen=True, slots=True)
class Outcome:
    """``state`` is sent, again, never or cancelled; ``reason`` is for a person to read.

    Here it is what the receiver said, as it said it; empty where it made no sense.
    ``silent``: nobody answered, so nobody will answer the next message either.
    """

    state: str
    reason: str = ""
    silent: bool = False


SENT = Outcome("sent")


def of_status(status: int, text: str = "") -> Outcome:
    """What an HTTP status says. ``text`` is the beginning of the answer; a page made
    for a browser tells a person nothing.

    >>> of_status(204).state, of_status(503).state, of_status(404).state
    ('sent', 'again', 'never')
    """
    if 200 <= status < 300:
        return SENT
    said = "" if text.lstrip().startswith("<") else text.strip()
    reason = f"HTTP {status}: {said}" if said else f"HTTP {status}"
    return Outcome("again" if status in LATER or status >= 500 else "never", reason)


def of_robot(answer: object) -> Outcome:
    """What the JSON answer of a WeCom or DingTalk robot says.

    Both answer HTTP 200 whatever happens; ``errcode`` 0 alone means that it arrived.

    >>> of_robot({"errcode": 0, "errmsg": "ok"}).state
    'sent'
    """
    code = answer.get("errcode") if isinstance(answer, dict) else None
    if code == 0:
        return SENT
    if code is None:
        return Outcome("again")
    reason = f"{code}: {answer.get('errmsg', '')}"
    return Outcome("never" if code in ROBOT_NEVER else "again", reason)


def pause(attempts: int, share: float) -> int:
    """Seconds to wait after the given number of attempts; doubles, with jitter.

    ``share`` in [0, 1) spreads those that failed together by up to a fifth.

    >>> pause(1, 0.0), pause(3, 0.0), pause(30, 0.0)
    (60, 240, 21600)
    """
    doubled = FIRST_PAUSE * 2 ** min(attempts - 1, 20)
    return int(min(doubled, LONGEST_PAUSE) * (1 + share / 5))

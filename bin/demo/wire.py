"""The recorded day as bytes on a wire: frames, and the day they are moved to.

MLLP wraps a message in VT … FS CR. The file holds frames just so, hence it is a
recording of what a sender would send, in the character sets it would use.
"""

import re
from datetime import datetime, timedelta
from pathlib import Path

START, END = b"\x0b", b"\x1c\r"
RECORDED_ON = "20250305"  # the day in the file, wherever a message writes a date
FILE = Path(__file__).parents[2] / "tests" / "data" / "recorded_day.hl7"
MINUTES = 24 * 60


def frame(message):
    return START + message + END


def read(path=FILE):
    """The messages of a recording, without their frames."""
    content = Path(path).read_bytes()
    return [part[len(START) :] for part in content.split(END) if part.startswith(START)]


def codec(message):
    """How a message is written: by MSH-18, of which the recording uses two."""
    header = message.split(b"\r", 1)[0].split(b"|")
    named = header[17] if len(header) > 17 else b""
    return "gb18030" if named.startswith(b"GB") else "utf-8"


def move(messages, now):
    """The recording as if it had been made today, every time before ``now``.

    ``now`` is a naive datetime in the hospital's time zone. Dates become today's, also
    inside control ids and line numbers, so that another day is another day's messages.
    A day that is not over yet is pressed into the minutes that have passed.
    """
    minutes = now.hour * 60 + now.minute
    pressed = min(1.0, minutes / MINUTES)
    stamp = re.compile(rf"{RECORDED_ON}(\d\d)(\d\d)(\d\d)(?=\||\r|$|\^)")

    def press(match):
        hour, minute, second = map(int, match.groups())
        elapsed = (hour * 60 + minute) * 60 + second
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return f"{midnight + timedelta(seconds=int(elapsed * pressed)):%Y%m%d%H%M%S}"

    moved = []
    for message in messages:
        charset = codec(message)
        text = stamp.sub(press, message.decode(charset))
        moved.append(text.replace(RECORDED_ON, f"{now:%Y%m%d}").encode(charset))
    return moved


def control_id(message):
    """MSH-10."""
    return message.split(b"\r", 1)[0].split(b"|")[9].decode("ascii")


def now_in(zone):
    """The hospital's wall clock, as a naive datetime."""
    return datetime.now(zone).replace(tzinfo=None)

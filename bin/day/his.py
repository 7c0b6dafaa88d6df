"""The hospital information system: it sends the recorded day over the socket."""

import time
from pathlib import Path

from demo import wire

from . import background, sender

CHANNEL = "DEMO"


def todays_messages(folder, database, zone):
    """The recording moved to today; kept, so that the same day is the same bytes.

    A day that is not over is pressed into the time that has passed (``wire.move``), so
    its messages depend on the hour when they were first played.
    """
    now = wire.now_in(zone)
    kept = Path(folder) / f"{database}-{now:%Y-%m-%d}.hl7"
    if kept.exists():
        return wire.read(kept)
    messages = wire.move(wire.read(), now)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(b"".join(map(wire.frame, messages)))
    return messages


def send(messages, mllp, auditor, say):
    """Send all to ``mllp`` (host, port) and wait; returns what they came to."""
    before = _counts(auditor)
    begun = time.monotonic()
    say(f"The HIS sends {len(messages)} messages over MLLP")
    answers = sender.send(messages, *mllp, _progress(len(messages), say))
    seconds = time.monotonic() - begun
    background.wait(auditor, say)
    after = _counts(auditor)
    new = {name: after[name] - before[name] for name in after}
    return {
        "messages": len(messages),
        "acknowledged": answers["AA"],
        "rejected": sum(answers.values()) - answers["AA"],
        "send_seconds": round(seconds, 1),
        **new,
        "first_day": not before["received"],
        "duplicates": len(messages) - new["received"],
    }


def _progress(number, say):
    """Tells every few seconds how many messages are through."""
    told = time.monotonic()

    def tell(done):
        nonlocal told
        if time.monotonic() > told + 3:
            told = time.monotonic()
            say(f"  {done} of {number} acknowledged")

    return tell


def _counts(auditor):
    ours = [("channel_id.code", "=", CHANNEL)]
    by_his = [("source", "=", f"his:{CHANNEL}")]
    counted = {
        "received": ("med.his.message", ours),
        "processed": ("med.his.message", [*ours, ("state", "=", "processed")]),
        "exceptions": (
            "med.his.message",
            [*ours, ("state", "in", ("exception", "quarantined"))],
        ),
        "lines": ("med.consumption", by_his),
        "posted": ("med.consumption", [*by_his, ("state", "=", "posted")]),
        "incidents": ("med.consumption", [*by_his, ("state", "=", "incident")]),
        "moves": (
            "stock.move",
            [("med_department_id", "!=", False), ("state", "=", "done")],
        ),
    }
    return {name: auditor.count(*what) for name, what in counted.items()}

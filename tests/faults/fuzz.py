"""Mutations of the published messages: each is read or refused, and nothing else.

No database and no socket: the core that judges, answers and reads, and its memory.
"""

import random
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

ADDON = Path(__file__).parents[2] / "addons" / "med_his_connector"
SAMPLES = Path(__file__).parents[1] / "data" / "hl7"
NOW = datetime(2026, 4, 30, tzinfo=UTC)
PIECES = (
    *(bytes([each]) for each in b"|^~\\&\r\n-\x00\x0b\x1c"),
    *(b'""', b"MSH", b"FHS|", b"BHS|", b"BTS|9", b"\\X", b"\\.sp9999\\"),
    *(b"\xb0\xa1", b"\x96|", b"\x1b$B", b"\xff", b"9" * 40, b"1e400"),
)


def mutated(chance, samples):
    """A sample with a few bytes cut, put in or written over."""
    raw = bytearray(chance.choice(samples))
    for _change in range(chance.randint(1, 6)):
        start = chance.randint(0, len(raw))
        length = chance.choice((0, 1, 1, 4, 50))
        piece = chance.choice(PIECES) if chance.random() < 0.7 else chance.randbytes(3)
        raw[start : start + length] = piece
    return bytes(raw)


def run(count, seed=1):
    """``{"mutations": …, "refused": …, "crashed": 0, …}``"""
    sys.path.insert(0, str(ADDON))
    # The addon's core is plain Python and knows nothing of Odoo.
    from core import batch, charges, errors, hl7_message, inbox  # noqa: PLC0415

    receiver = inbox.Receiver(1, 1, "utf-8", ZoneInfo("UTC"))
    profile = charges.Profile(empty_quantity="one")
    chance = random.Random(seed)
    samples = [path.read_bytes() for path in sorted(SAMPLES.glob("*.hl7"))]

    def handle(raw):
        """True where it was read to the end."""
        if batch.is_batch(raw):
            file = batch.split_batch(raw)
            made = batch.answer_batch(file, [b""] * len(file.messages), "OWN", NOW)
            return bool(made)
        verdict = inbox.judge(raw, receiver, "OWN", NOW)
        if verdict.state != "received":
            return False
        if charges.fate_of_type(verdict.header.message_type) != "read":
            return True
        envelope = hl7_message.read_envelope(raw, receiver.charset)
        for each in charges.read_charges(envelope, verdict.key, NOW, profile).charges:
            if each.quantity <= 0 or not each.item_code:
                raise AssertionError("a charge of nothing")
        return True

    read = refused = crashed = 0
    early, began = None, time.process_time()
    for number in range(count):
        raw = mutated(chance, samples)
        try:
            done = handle(raw)
        except errors.Hl7Error:
            done = False
        except Exception as error:  # noqa: BLE001  what must not happen is counted
            crashed += 1
            print(type(error).__name__, raw, file=sys.stderr)  # noqa: T201
            continue
        read, refused = read + done, refused + (not done)
        if number == count // 5:
            early = _resident_mb()
    return {
        "drill": "mutations",
        "mutations": count,
        "read": read,
        "refused": refused,
        "crashed": crashed,
        "grown_mb": round(_resident_mb() - (early or 0), 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "cpu_seconds": round(time.process_time() - began, 1),
    }


def _resident_mb():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024 / 1024

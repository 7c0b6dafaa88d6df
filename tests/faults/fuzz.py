"""Mutations of the published messages: each is read or refused, and nothing else.

No database and no socket: the core that judges, answers and reads, and its memory.
"""

import random
import resource
import sys
import time
from collections import Counter
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


class Core:
    """The addon's core, which is plain Python and knows nothing of Odoo."""

    def __init__(self):
        sys.path.insert(0, str(ADDON))
        from core import batch, charges, errors, hl7_message, inbox  # noqa: PLC0415

        self.batch, self.charges, self.inbox = batch, charges, inbox
        self.read_envelope = hl7_message.read_envelope
        self.refusal = errors.Hl7Error
        self.receiver = inbox.Receiver(1, 1, "utf-8", ZoneInfo("UTC"))
        self.profile = charges.Profile(empty_quantity="one")

    def handle(self, raw):
        """``read`` to the end, ``refused``, or ``crashed``, which must not be."""
        try:
            return "read" if self._read(raw) else "refused"
        except self.refusal:
            return "refused"
        except Exception as error:  # noqa: BLE001  what must not happen is counted
            print(type(error).__name__, raw, file=sys.stderr)  # noqa: T201
            return "crashed"

    def _read(self, raw):
        if self.batch.is_batch(raw):
            file = self.batch.split_batch(raw)
            answers = [b""] * len(file.messages)
            return bool(self.batch.answer_batch(file, answers, "OWN", NOW))
        verdict = self.inbox.judge(raw, self.receiver, "OWN", NOW)
        if verdict.state != "received":
            return False
        if self.charges.fate_of_type(verdict.header.message_type) != "read":
            return True
        envelope = self.read_envelope(raw, self.receiver.charset)
        reading = self.charges.read_charges(envelope, verdict.key, NOW, self.profile)
        if any(each.quantity <= 0 or not each.item_code for each in reading.charges):
            raise AssertionError("a charge of nothing")
        return True


def run(count, seed=1):
    """``{"mutations": …, "refused": …, "crashed": 0, …}``"""
    core, chance, found = Core(), random.Random(seed), Counter()
    samples = [path.read_bytes() for path in sorted(SAMPLES.glob("*.hl7"))]
    early, began = 0.0, time.process_time()
    for number in range(count):
        found[core.handle(mutated(chance, samples))] += 1
        if number == count // 5:
            early = _resident_mb()
    return {
        "drill": "mutations",
        "mutations": count,
        **{fate: found[fate] for fate in ("read", "refused", "crashed")},
        "grown_mb": round(_resident_mb() - early, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "cpu_seconds": round(time.process_time() - began, 1),
    }


def _resident_mb():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024 / 1024

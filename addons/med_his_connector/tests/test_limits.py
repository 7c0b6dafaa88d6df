import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from odoo.tests import BaseCase

from ..core.batch import answer_batch, split_batch
from ..core.charges import Profile, read_charges
from ..core.errors import Hl7Error
from ..core.hl7_message import read_envelope
from ..core.inbox import Receiver, judge

NOW = datetime(2026, 4, 30, tzinfo=UTC)
RECEIVER = Receiver(1, 1, "utf-8", ZoneInfo("UTC"))
HEAD = b"MSH|^~\\&|HIS|HOSP|ODOO|STORE|20260105||DFT^P03|C1|P|2.5\r"
MEGABYTES = 5 * 1024 * 1024
#: One second on a quiet machine; the tests run beside others.
CPU_SECONDS = 3.0
HOSTILE = {
    "components": HEAD + b"FT1|1|" + b"^" * (MEGABYTES - 100),
    "repetitions": HEAD + b"FT1|1|" + b"~" * (MEGABYTES - 100),
    "fields": HEAD + b"FT1" + b"|" * (MEGABYTES - 100),
    "subcomponents": HEAD + b"PID|1||" + b"&" * (MEGABYTES - 100),
    "segments": HEAD + b"FT1|1\r" * (MEGABYTES // 6 - 20),
    "escapes": HEAD + b"FT1|1|" + b"\\F\\" * (MEGABYTES // 3 - 40),
    "one field": HEAD + b"FT1|1|" + b"x" * (MEGABYTES - 100),
    "line ends": HEAD + b"\r\n" * (MEGABYTES // 2 - 60),
    "headers": HEAD * (MEGABYTES // len(HEAD)),
    "a header without end": b"MSH|^~\\&" + b"|" * (MEGABYTES - 100),
    "zeros": b"MSH|^~\\&|" + b"\0" * (MEGABYTES - 100),
    "high bytes": HEAD + b"FT1|1|" + b"\xff" * (MEGABYTES - 100),
    "charges": HEAD + b"FT1|1|N||20260101||CG|A|||1\r" * (MEGABYTES // 29 - 40),
}


class TestLimits(BaseCase):
    """Whatever is sent, it is read or refused, and soon."""

    def test_s03_five_hostile_megabytes_are_read_or_refused_soon(self):
        for name, raw in HOSTILE.items():
            with self.subTest(name):
                self.assertLessEqual(len(raw), MEGABYTES)
                began = time.process_time()
                verdict = judge(raw, RECEIVER, "OWN", NOW)
                self.assertTrue(verdict.answer.code)
                if verdict.state == "received":
                    self._read(raw)
                self.assertLess(time.process_time() - began, CPU_SECONDS)

    def test_s03_a_hostile_batch_is_cut_soon(self):
        raw = b"BHS|^~\\&|A|B\r" + b"MSH|\r" * (MEGABYTES // 5 - 20)
        began = time.process_time()
        file = split_batch(raw)
        answer_batch(file, [b""] * len(file.messages), "OWN", NOW, file.problems())
        self.assertLess(time.process_time() - began, 3 * CPU_SECONDS)

    def test_s03_the_limits_have_their_codes(self):
        for name in ("segments", "fields", "one field"):
            with self.assertRaises(Hl7Error) as caught:
                read_envelope(HOSTILE[name])
            self.assertEqual(caught.exception.code, "too_large", name)

    def _read(self, raw):
        try:
            read_charges(read_envelope(raw), "key", NOW, Profile())
        except Hl7Error as error:
            self.assertTrue(error.code)

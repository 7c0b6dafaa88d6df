import base64
import os
from unittest.mock import patch

from odoo.exceptions import UserError

from ..core.framing import Refused
from ..core.hl7_message import parse, read_envelope, read_header
from ..core.inbox import Arrival
from . import samples
from .common import HisCase
from .samples import ft1


def answer_of(content):
    """``(MSA-1, MSA-2)`` of an answer."""
    segment = parse(read_envelope(content)).first("MSA")
    return segment.value(1), segment.value(2)


class TestAccept(HisCase):
    def test_a_message_is_stored_before_it_is_understood(self):
        (answer,) = self._answers(self._dft(ft1(item="NOBODY KNOWS")))
        self.assertEqual(answer_of(answer), ("AA", "C1"))
        message = self.env["med.his.message"].search([], limit=1)
        self.assertEqual(
            (message.state, message.control_id, message.message_type),
            ("received", "C1", "DFT^P03"),
        )
        self.assertEqual(message._content(), self._dft(ft1(item="NOBODY KNOWS")))

    def test_r07_a_duplicate_gets_the_same_answer_and_no_new_row(self):
        raw = self._dft(ft1())
        (message,) = self._receive(raw)
        first = base64.b64decode(message.sudo().answer)
        self.assertEqual(self._answers(raw), [first])
        self.assertFalse(self._receive(raw))

    def test_r07_a_duplicate_is_known_after_its_content_was_purged(self):
        raw = self._dft(ft1())
        (message,) = self._receive(raw)
        message.sudo().write({"raw": False})
        self.assertEqual(self._answers(raw), [base64.b64decode(message.sudo().answer)])

    def test_r07_duplicates_in_one_batch_are_one_message(self):
        raw = self._dft(ft1())
        first, second = self._answers(raw, raw)
        self.assertEqual(first, second)
        self.assertEqual(self._count(), 1)

    def test_r08_another_content_under_the_same_id_is_put_aside(self):
        first, other = self._dft(ft1()), self._dft(ft1(quantity="9"))
        messages = self._receive(first, other)
        self.assertEqual(messages.mapped("state"), ["received", "quarantined"])
        self.assertEqual(messages[1].error_code, "same_id")
        self.assertEqual(messages[1]._content(), other)
        again = self._answers(other)
        self.assertEqual(answer_of(again[0]), ("AE", "C1"))
        self.assertEqual(again[0], base64.b64decode(messages[1].sudo().answer))

    def test_r08_the_same_id_of_another_sender_or_channel_is_another_message(self):
        raw = self._dft(ft1())
        self._receive(raw, self._dft(ft1(), facility="OTHER"))
        self._receive(raw, channel=self._channel("SECOND"))
        self.assertEqual(self._count(state="received"), 3)

    def test_r08_without_an_id_the_content_is_the_identity(self):
        raw, other = (
            self._dft(ft1(quantity=quantity), control_id="") for quantity in "12"
        )
        self._receive(raw, other)
        self.assertFalse(self._receive(raw))
        self.assertEqual(self._count(state="received"), 2)

    def test_r05_what_cannot_be_read_is_refused_and_kept(self):
        raw = self._dft(ft1()).replace(b"TESTNAME", b"\xff\xfe")
        (message,) = self._receive(raw)
        self.assertEqual(
            (message.state, message.error_code), ("quarantined", "charset_invalid")
        )
        self.assertEqual(
            answer_of(base64.b64decode(message.sudo().answer)), ("AE", "C1")
        )
        self.assertEqual(message._content(), raw)

    def test_r05_a_type_that_nobody_supports_is_refused_and_waits(self):
        (message,) = self._receive(self._dft(type="ABC^Z99"))
        self.assertEqual((message.state, message.answer_code), ("exception", "AE"))

    def test_bytes_that_are_no_message_leave_a_trace_without_content(self):
        refused = Refused("stray", 5, "ab" * 32, fatal=True)
        accept = self.env["med.his.message"]._accept
        answers = accept(
            [Arrival(self.channel._receiver(), "10.0.0.9", refused=refused)]
        )
        self.assertEqual(answers, [b""])
        message = self.env["med.his.message"].search([], limit=1)
        self.assertEqual(
            (message.state, message.error_code, message.size, message.peer),
            ("quarantined", "stray", 5, "10.0.0.9"),
        )
        self.assertIsNone(message._content())

    def test_every_published_message_is_stored_and_answered(self):
        contents = [samples.sample(name) for name in samples.names()]
        answers = self._answers(*contents)
        silent = {
            name
            for name, answer in zip(samples.names(), answers, strict=True)
            if not answer
        }
        # Those that ask for no answer (MSH-15 and 16 are NE, or ER without an error).
        for name in silent:
            header = read_header(samples.sample(name).decode("latin-1").splitlines()[0])
            self.assertIn(header.component(15), ("NE", "ER"), name)
        self.assertLess(len(silent), 10)

    def test_v06_a_chinese_message_is_answered_in_its_character_set(self):
        self.channel.charset = "gb18030"
        raw = self._dft(ft1(), control_id="东01").decode().encode("gbk")
        (answer,) = self._answers(raw)
        self.assertIn("MSA|AA|东01\r".encode("gbk"), answer)

    def test_s07_the_content_is_sealed_in_the_database(self):
        self._receive(self._dft(ft1()))
        self.env.cr.execute("SELECT raw FROM med_his_message ORDER BY id DESC LIMIT 1")
        sealed = base64.b64decode(bytes(self.env.cr.fetchone()[0]))
        self.assertNotIn(b"MSH", sealed)
        self.assertNotIn(b"TESTNAME", sealed)

    def test_without_a_key_nothing_is_accepted_and_the_reason_is_said(self):
        with (
            patch.dict(os.environ, {"MED_KEY_FILE": "no/such/file"}),
            self.assertRaisesRegex(UserError, "no/such/file cannot be read"),
        ):
            self._answers(self._dft(ft1()))

    def test_accepting_many_takes_the_queries_of_one(self):
        self._answers(self._dft(ft1(), control_id="warm"))
        with self.assertQueryCount(0):  # one, which Odoo does not count
            self._answers(*(self._dft(ft1(), control_id=f"B{n}") for n in range(20)))

    def _count(self, **values):
        domain = [("channel_id.code", "in", ("TEST", "SECOND"))]
        domain += [(name, "=", value) for name, value in values.items()]
        return self.env["med.his.message"].search_count(domain)

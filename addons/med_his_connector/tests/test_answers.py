from datetime import timedelta

from odoo import fields
from odoo.tests import BaseCase

from ..core.inbox import Arrival
from ..core.sequence import step
from .common import HisCase
from .samples import ft1
from .test_accept import answer_of


class TestStep(BaseCase):
    """The table of HL7 v2.9.1, 2.9.1."""

    def test_r14_each_number_has_its_answer(self):
        table = [
            (0, 7, "control", 8, 7),
            (0, None, "control", -1, None),
            (-1, 7, "control", -1, None),
            (5, None, "accept", 5, 5),
            (8, 7, "accept", 8, 8),
            (7, 7, "known", 8, 7),
            (3, 7, "known", 8, 7),
            (9, 7, "missing", 8, 7),
        ]
        for number, last, action, expected, then in table:
            with self.subTest(number=number, last=last):
                did = step(number, last)
                self.assertEqual(
                    (did.action, did.expected, did.last), (action, expected, then)
                )


class TestSequence(HisCase):
    def setUp(self):
        super().setUp()
        self.channel.sequence_numbers = True

    def _send(self, number, control_id=None):
        raw = self._dft(
            ft1(number=f"L{number}"),
            control_id=control_id or f"C{number}",
            tail=f"|{number}",
        )
        (answer,) = self._answers(raw)
        (line,) = (part for part in answer.split(b"\r") if part[:3] == b"MSA")
        code, _control_id, _text, expected = line.decode().split("|")[1:]
        return code, int(expected)

    def test_r14_a_link_starts_runs_and_is_resynchronised(self):
        self.assertEqual(self._send(0), ("AA", -1))
        self.assertEqual(self._send(41), ("AA", 41))
        self.assertEqual(self._send(42), ("AA", 42))
        self.assertEqual(self._send(42), ("AA", 42))  # its answer was lost
        self.assertEqual(self._send(44), ("AR", 43))  # 43 is missing
        self.assertEqual(self._send(43), ("AA", 43))
        self.assertEqual(self._send(0, "again"), ("AA", 44))
        self.assertEqual(self._send(-1), ("AA", -1))
        self.assertEqual(self._send(7), ("AA", 7))
        stored = self.env["med.his.message"].search(
            [("channel_id", "=", self.channel.id)], order="id"
        )
        self.assertEqual(stored.mapped("control_id"), ["C41", "C42", "C43", "C7"])

    def test_r14_numbers_begun_anew_by_mistake_are_not_taken_for_known(self):
        self._send(41)
        self.assertEqual(self._send(1), ("AR", 42))

    def test_r14_r07_a_known_number_has_the_answer_that_was_stored(self):
        self._send(1)
        refused = self._dft(control_id="C2", type="ABC^Z99", tail="|2")
        enhanced = self._dft(ft1(number="L3"), control_id="C3", tail="|3||AL|NE")
        for raw, code in ((refused, "AE"), (enhanced, "CA")):
            with self.subTest(code):
                first, again = self._answers(raw)[0], self._answers(raw)[0]
                self.assertEqual(answer_of(first)[0], code)
                self.assertEqual(again, first)

    def test_r14_r05_numbered_and_answered_when_it_is_processed(self):
        self.channel.answer_when = "processed"
        Message = self.env["med.his.message"]
        for number, item, code in ((1, "T-GLOVE", "AA"), (2, "NEW", "AE")):
            raw = self._dft(
                ft1(item, number=f"L{number}"),
                control_id=f"C{number}",
                tail=f"|{number}",
            )
            arrival = Arrival(self.channel._receiver(), "127.0.0.1", raw)
            for _time in range(2):
                with self.subTest(number=number, time=_time):
                    # Nothing is said of what is only stored.
                    if not _time:
                        self.assertEqual(Message._accept([arrival]), [b""])
                    [told] = Message._answers_late([arrival])
                    self.assertEqual(answer_of(told)[0], code)
                    self.assertIn(
                        b"MSA|%s|C%d||%d" % (code.encode(), number, number), told
                    )
        self.assertEqual(len(self._lines()), 1)
        missing = self._dft(ft1(), control_id="C9", tail="|9")
        [told] = self._answers(missing)
        self.assertEqual(answer_of(told)[0], "AR")


class TestLate(HisCase):
    """Answers that say what became of a message."""

    def setUp(self):
        super().setUp()
        self.channel.answer_when = "processed"

    def _send(self, raw):
        Message = self.env["med.his.message"]
        arrival = Arrival(self.channel._receiver(), "127.0.0.1", raw)
        (first,) = Message._accept([arrival])
        return first or Message._answers_late([arrival])[0]

    def test_r05_aa_says_that_the_lines_stand_in_the_ledger(self):
        self.assertEqual(answer_of(self._send(self._dft(ft1("T-GLOVE")))), ("AA", "C1"))
        self.assertEqual(len(self._lines()), 1)

    def test_r05_an_unknown_item_is_refused_until_it_is_mapped(self):
        raw = self._dft(ft1("NEW"))
        self.assertEqual(answer_of(self._send(raw)), ("AE", "C1"))
        self.gloves.med_charge_code = "NEW"
        message = self.env["med.his.message"].search([], limit=1)
        message.with_user(self.operator).action_retry()
        self.assertEqual(answer_of(self._send(raw)), ("AA", "C1"))
        self.assertEqual(len(self._lines()), 1)

    def test_r07_a_late_answer_is_replayed_too(self):
        raw = self._dft(ft1("T-GLOVE"))
        self.assertEqual(self._send(raw), self._send(raw))

    def test_r02_what_is_not_decided_gets_no_answer(self):
        raw = self._dft(ft1("T-GLOVE"))
        (message,) = self._receive(raw)
        later = fields.Datetime.now() + timedelta(minutes=5)
        message.sudo().next_try_at = later
        self.assertIsNone(self._send(raw))

from datetime import UTC, datetime

from odoo.tests import BaseCase

from ..core.acknowledgement import answer, answer_unreadable
from ..core.errors import Hl7Error
from ..core.hl7_message import parse, read_envelope
from . import samples

NOW = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)


class TestAcknowledgement(BaseCase):
    def _answer(self, text, error=None, codec="utf-8"):
        envelope = read_envelope(text.encode(codec), codec)
        return answer(envelope.header, envelope.codec, "OWN1", NOW, error)

    def _text(self, header, **options):
        return self._answer(header, **options).content.decode()

    def _header(self, tail="", control_id="C1", receiver="ODOO|STORE"):
        return (
            f"MSH|^~\\&|HIS|HOSP|{receiver}|20260105||DFT^P03|{control_id}|P|2.5{tail}"
        )

    def test_r03_the_answer_turns_sender_and_receiver_around(self):
        self.assertEqual(
            self._text(self._header()),
            "MSH|^~\\&|ODOO|STORE|HIS|HOSP|20260105020000+0000||ACK^P03^ACK|OWN1|P|2.5\r"
            "MSA|AA|C1\r",
        )

    def test_r04_who_asks_only_for_a_reply_of_its_own_is_not_answered_here(self):
        """MSH-16 alone, and we reply on an exchange of our own: nothing here."""
        header = read_envelope(self._header("||||AL").encode()).header
        self.assertEqual(header.component(16), "AL")
        told = answer(header, "utf-8", "OWN1", NOW, replies=True)
        self.assertEqual((told.code, told.content), ("", b""))
        self.assertEqual(answer(header, "utf-8", "OWN1", NOW).code, "AA")

    def test_r03_the_control_id_comes_back_exactly(self):
        for control_id in ("  A 1 ", "编号-7", "x" * 199, "A\\F\\B"):
            with self.subTest(control_id):
                self.assertIn(
                    f"MSA|AA|{control_id}\r",
                    self._text(self._header(control_id=control_id)),
                )

    def test_r03_an_empty_receiver_does_no_harm(self):
        for receiver in ("|", "^^|^^", '""|'):
            with self.subTest(receiver):
                self.assertIn(
                    "MSA|AA|C1\r", self._text(self._header(receiver=receiver))
                )

    def test_r03_the_answer_is_in_the_senders_character_set(self):
        header = self._header("||||||GBK", control_id="東1")
        content = self._answer(header, codec="gb18030").content
        self.assertIn("MSA|AA|東1\r".encode("gbk"), content)
        self.assertIn(b"|GBK\r", content)

    def test_r03_the_answer_has_the_senders_delimiters(self):
        raw = samples.sample("rethink_edge-custom-delimiters.hl7")
        envelope = read_envelope(raw)
        content = answer(envelope.header, envelope.codec, "OWN1", NOW).content
        back = read_envelope(content)
        self.assertEqual(back.header.delimiters, envelope.header.delimiters)
        self.assertEqual(parse(back).first("MSA").value(2), envelope.header.control_id)

    def test_r04_without_msh_15_and_16_the_mode_is_original(self):
        self.assertEqual(self._answer(self._header()).code, "AA")
        error = Hl7Error("required", "MSH", 9)
        self.assertEqual(self._answer(self._header(), error=error).code, "AE")

    def test_r04_enhanced_mode_answers_as_msh_15_asks(self):
        error = Hl7Error("required", "MSH", 9)
        for wanted, accepted, refused in (
            ("AL", "CA", "CE"),
            ("NE", "", ""),
            ("ER", "", "CE"),
            ("SU", "CA", ""),
        ):
            header = self._header(f"|||{wanted}|NE")
            self.assertEqual(self._answer(header).code, accepted, wanted)
            self.assertEqual(self._answer(header, error=error).code, refused, wanted)

    def test_r04_a_sender_that_asks_only_for_an_application_answer_gets_one(self):
        self.assertEqual(self._answer(self._header("||||AL")).code, "AA")

    def test_r05_a_defect_is_named_by_place_and_code(self):
        error = Hl7Error("required", "MSH", 9, "the message type is missing")
        self.assertIn(
            "ERR||MSH^1^9|101^Required field missing^HL70357|E||||the message type is",
            self._text(self._header(), error=error),
        )

    def test_r05_before_version_2_5_the_error_segment_was_another(self):
        header = self._header().replace("|2.5", "|2.3")
        error = Hl7Error("required", "MSH", 9, "the message type is missing")
        self.assertIn("ERR|MSH^1^9^101\r", self._text(header, error=error))

    def test_r05_the_text_never_breaks_the_senders_delimiters(self):
        envelope = read_envelope(
            b"MSH|^~\\ |".replace(b" ", b"-") + b"A|B|||1||X^Y|1|P|2.5"
        )
        error = Hl7Error("required", "MSH", 9, "well-meant ^ text")
        content = answer(envelope.header, "utf-8", "OWN1", NOW, error).content
        self.assertIn(b"well meant   text", content)

    def test_unreadable_bytes_get_a_refusal_with_their_id_byte_for_byte(self):
        raw = b"MSH|^~\\&|\xff|H|||1||DFT^P03|\xfe\xfd9|P|2.5\rPID|\xff"
        error = Hl7Error("charset_invalid", "MSH", 18, "not utf-8 at byte 9")
        given = answer_unreadable(raw, "OWN1", NOW, error)
        self.assertEqual(given.code, "AE")
        self.assertIn(b"MSA|AE|\xfe\xfd9\r", given.content)

    def test_bytes_without_a_header_get_a_plain_refusal(self):
        error = Hl7Error("not_hl7", text="the message does not begin with MSH")
        given = answer_unreadable(b"\x16\x03\x01 garbage", "OWN1", NOW, error)
        self.assertIn(b"MSA|AE|\r", given.content)
        self.assertNotIn(b"garbage", given.content)

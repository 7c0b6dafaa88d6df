import time
from decimal import Decimal
from unittest.mock import patch

from odoo.tests import BaseCase

from ..core.errors import Hl7Error, PlaceError
from ..core.feed_line import allowed
from ..core.hl7_message import read_envelope
from ..core.json_text import read_json
from ..models import med_his_message_batch
from .common import HisCase
from .samples import dft, ft1

MEGABYTES = 5 * 1024 * 1024
#: One second on a quiet machine; the tests run beside others.
CPU_SECONDS = 4.0
JSON = {
    "quotes": b'"' + b'\\"' * (MEGABYTES // 2 - 2),
    "backslashes": b'"' + b"\\" * (MEGABYTES - 2),
    "brackets": b"[" * MEGABYTES,
    "values": b"[" + b"1," * (MEGABYTES // 2 - 2) + b"1]",
    "strings": b"[" + b'"",' * (MEGABYTES // 3 - 2) + b'""]',
    "names": b"{" + b'"a":{' * (MEGABYTES // 5 - 1),
    "digits": b"1" * MEGABYTES,
    "half a character": b'["\\ud800"]',
    "half a name": b'{"\\udc00x": 1}',
    "NUL": b'{"a": "x\\u0000"}',
    "zeros": b"\0" * MEGABYTES,
}
XML = {
    "depth": b"<a>" * (MEGABYTES // 3),
    "siblings": b"<a>" + b"<b/>" * (MEGABYTES // 4 - 2) + b"</a>",
    "siblings, deep": b"<a>" * 49 + b"<b/>" * 1_000_000 + b"</a>" * 49,
    "attributes": b"<a " + b" ".join(b'a%d=""' % n for n in range(400_000)) + b"/>",
    "comments": b"<a>" + b"<!---->" * (MEGABYTES // 7 - 2) + b"</a>",
    "open": b"<" * MEGABYTES,
}
#: Read byte by byte there is no declaration in it; read as UTF-7 there is.
HIDDEN = (
    b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x +AFsAPAAh-ENTITY e '
    b'"MSH"+AD4AXQA+-<a>MSH|^~&amp;|x&e;</a>'
)


class TestHostile(BaseCase):
    """What is sent to do harm is refused with a reason, and soon."""

    def _soon(self, error, read, raw):
        began = time.process_time()
        with self.assertRaises(error) as caught:
            read(raw)
        self.assertLess(time.process_time() - began, CPU_SECONDS)
        return caught.exception.code

    def test_s03_hostile_json_is_refused_soon(self):
        for name, raw in JSON.items():
            with self.subTest(name):
                self._soon(PlaceError, read_json, raw)

    def test_v06_half_a_character_is_no_text(self):
        with self.assertRaises(PlaceError) as caught:
            read_json(b'{"id": "\\ud83d"}')
        self.assertEqual(caught.exception.code, "charset_invalid")
        self.assertEqual(read_json(b'["\\ud83d\\ude00"]'), ["\U0001f600"])

    def test_s03_hostile_xml_is_refused_soon(self):
        for name, raw in XML.items():
            with self.subTest(name):
                self._soon(Hl7Error, read_envelope, raw)

    def test_s05_a_document_type_cannot_hide_in_another_encoding(self):
        self.assertEqual(self._soon(Hl7Error, read_envelope, HIDDEN), "doctype")

    def test_v01_a_number_is_not_written_out_for_ever(self):
        for number in ("1e999999999", "1e-999999999", "-1e41", "NaN", "Infinity"):
            with self.subTest(number), self.assertRaises(PlaceError):
                allowed({"id": Decimal(number)})
        self.assertEqual(allowed({"id": Decimal("1E+2")}), {"id": "100"})


class TestHostileBatch(HisCase):
    def test_s03_a_batch_of_too_many_is_put_aside_whole(self):
        members = [
            self._dft(ft1("T-GLOVE", number=str(n)), control_id=str(n))
            for n in range(4)
        ]
        raw = b"BHS|^~\\&|A|B\r" + b"\r".join(members) + b"\rBTS|4\r"
        with patch.object(med_his_message_batch, "LARGEST", 3):
            first, again = self._answers(raw), self._answers(raw)
        self.assertIn(b"MSA|AE", first[0])
        self.assertEqual(first, again)
        message = self.env["med.his.message"].search(
            [("channel_id", "=", self.channel.id)]
        )
        self.assertEqual(
            (message.state, message.error_code), ("quarantined", "too_large")
        )
        self.assertEqual(message._content(), raw)

    def test_s03_odd_delimiters_are_read_or_refused(self):
        """Whatever an MSH declares, a message is kept once and answered."""
        plain = dft(ft1("T-GLOVE"), control_id="ODD")
        for number, (field, encoding) in enumerate(
            (
                ("|", "^~\\&#"),
                ("!", "@$%&"),
                ("|", "||||"),
                ("\\", "^~|&"),
                ("A", "^~\\&"),
                ("|", "^^^^"),
                ("|", ""),
                ("|", "^~\\&" * 50),
                (" ", "^~\\&"),
                ("(", ")*+?"),
                ("\x7f", "^~\\&"),
            )
        ):
            with self.subTest(field=field, encoding=encoding):
                raw = plain.decode().replace("T1", f"T{number}")
                raw = raw.replace("P1^", f"P{number}^")
                raw = raw.replace("|", "\0", 1).replace("^~\\&", encoding, 1)
                raw = raw.replace("|", field).replace("\0", field)
                raw = raw.replace("ODD", f"ODD{number}").encode()
                (message,) = self._receive(raw)
                self.assertTrue(message.answer_code)
                message._process()
                self.assertIn(
                    message.state,
                    ("processed", "exception", "dead", "ignored", "quarantined"),
                )

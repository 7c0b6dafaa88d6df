import time

from odoo.tests import BaseCase

from ..core.charset import CODECS
from ..core.errors import Hl7Error
from ..core.hl7_message import Limits, check_acceptable, parse, read_envelope
from . import samples

HEAD = "MSH|^~\\&|HIS|HOSP|||20260105||ADT^A01|1|P|2.5"


class TestHl7Message(BaseCase):
    def _message(self, text, **options):
        raw = text if isinstance(text, bytes) else text.encode()
        return parse(read_envelope(raw, **options))

    def _code(self, raw, **options):
        with self.assertRaises(Hl7Error) as caught:
            self._message(raw, **options)
        return caught.exception.code

    # Character sets

    def test_v06_a_gbk_character_with_a_delimiter_in_it_stays_one_character(self):
        # 東 is 0x96 0x7C in GBK: its second byte is "|".
        raw = (HEAD + "\rZXX|東|next").encode("gbk")
        segment = self._message(raw, default_codec="gb18030").first("ZXX")
        self.assertEqual((segment.value(1), segment.value(2)), ("東", "next"))

    def test_v06_msh_18_is_found_behind_a_gbk_delimiter_byte(self):
        text = "MSH|^~\\&|東院|HOSP|||20260105||ADT^A01|1|P|2.4||||||GBK\rZXX|導管"
        for default in ("gb18030", "gbk"):
            message = self._message(text.encode("gbk"), default_codec=default)
            self.assertEqual(message.first("ZXX").value(1), "導管")

    def test_v06_msh_18_goes_before_the_channel(self):
        text = f"{HEAD}||||||UNICODE UTF-8\rZXX|导管"
        message = self._message(text, default_codec="gb18030")
        self.assertEqual(message.first("ZXX").value(1), "导管")

    def test_v06_chinese_platforms_write_unicode_for_utf_8(self):
        message = self._message(f"{HEAD}||||||UNICODE\rZXX|导管", default_codec="ascii")
        self.assertEqual(message.first("ZXX").value(1), "导管")

    def test_v06_every_character_set_that_is_promised_is_read(self):
        texts = {
            **{f"8859/{part}": "a" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)},
            "8859/1": "Größe",
            "8859/2": "Žluťoučký",
            "8859/5": "Перчатки",
            "8859/7": "Γάντια",
            "8859/9": "Eldiven ğ",
            "8859/15": "10 €",
            "BIG-5": "手套東",
            "ISO IR87": "手袋",
            "KS X 1001": "장갑",
            "GB2312": "手套",
            "GB 18030-2000": "手套𠮷",
            "UTF-8": "手套",
        }
        for name, text in texts.items():
            with self.subTest(name):
                raw = f"{HEAD}||||||{name}\rZXX|{text}".encode(CODECS[name])
                for default in ("utf-8", "gb18030", "ascii"):
                    message = self._message(raw, default_codec=default)
                    self.assertEqual(message.first("ZXX").value(1), text)
        self.assertEqual(
            set(CODECS.values()), {CODECS[name] for name in texts} | {"ascii"}
        )

    def test_v06_an_empty_first_repetition_leaves_the_next_one(self):
        text = f"{HEAD}||||||~ISO IR87\rZXX|患者"
        message = self._message(text.encode("iso2022_jp"))
        self.assertEqual(message.first("ZXX").value(1), "患者")

    def test_v06_bytes_that_are_no_text_are_an_error_and_never_a_question_mark(self):
        self.assertEqual(
            self._code(HEAD.encode() + b"\rZXX|\xff\xfe"), "charset_invalid"
        )

    def test_v06_an_unknown_character_set_is_an_error(self):
        raw = samples.sample("cosyte_vendor-quirks_unknown-charset.hl7")
        self.assertEqual(self._code(raw), "charset_unknown")

    def test_v06_utf_16_is_refused(self):
        self.assertEqual(self._code(HEAD.encode("utf-16-le")), "charset_invalid")

    def test_a_byte_order_mark_is_skipped(self):
        self.assertEqual(
            len(self._message(b"\xef\xbb\xbf" + HEAD.encode()).segments), 1
        )

    # Structure

    def test_every_line_end_gives_the_same_segments(self):
        for name in ("crlf", "lf", "mixed"):
            raw = samples.sample(f"cosyte_edge-cases_{name}-line-endings.hl7")
            found = [segment.name for segment in self._message(raw).segments]
            self.assertEqual(found[:2], ["MSH", "EVN"], name)

    def test_custom_delimiters_are_the_messages_own(self):
        raw = samples.sample("rethink_edge-custom-delimiters.hl7")
        envelope = read_envelope(raw)
        self.assertEqual(envelope.header.message_type, "ADT^A01")

    def test_a_fifth_encoding_character_is_accepted(self):
        raw = samples.sample("cosyte_edge-cases_truncation-char-msh2.hl7")
        self.assertEqual(read_envelope(raw).header.version, "2.7")

    def test_delimiters_that_clash_are_an_error(self):
        self.assertEqual(self._code("MSH|^&|HIS"), "delimiters")

    def test_two_messages_in_one_frame_are_an_error(self):
        self.assertEqual(self._code(f"{HEAD}\r{HEAD}"), "batch")

    def test_a_line_that_is_no_segment_is_an_error_with_its_number(self):
        with self.assertRaises(Hl7Error) as caught:
            self._message(f"{HEAD}\rFT|1")
        self.assertEqual(caught.exception.code, "segment_name")
        self.assertIn("line 2", caught.exception.text)

    def test_a_message_without_a_type_is_not_acceptable(self):
        raw = samples.sample("cosyte_vendor-quirks_missing-required-field.hl7")
        with self.assertRaises(Hl7Error) as caught:
            check_acceptable(read_envelope(raw).header)
        self.assertEqual(caught.exception.position, "MSH-9")

    def test_a_version_that_is_not_hl7_v2_is_not_acceptable(self):
        raw = samples.sample("rethink_invalid-wrong-version.hl7")
        with self.assertRaises(Hl7Error) as caught:
            check_acceptable(read_envelope(raw).header)
        self.assertEqual(caught.exception.code, "version")

    # Values

    def test_escapes_are_undone_after_splitting(self):
        message = self._message(f"{HEAD}\rZXX|a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f^x")
        self.assertEqual(message.first("ZXX").value(1), "a|b^c&d~e\\f")

    def test_a_hexadecimal_escape_is_bytes_of_the_messages_character_set(self):
        message = self._message(f"{HEAD}\rZXX|\\XE5AFBC\\")
        self.assertEqual(message.first("ZXX").value(1), "导")

    def test_an_unknown_escape_stays_as_it_was_sent(self):
        message = self._message(f"{HEAD}\rZXX|a\\Q9\\b")
        self.assertEqual(message.first("ZXX").value(1), "a\\Q9\\b")

    def test_an_escape_cannot_blow_up(self):
        message = self._message(f"{HEAD}\rZXX|\\.sp999999999\\")
        self.assertLess(len(message.first("ZXX").value(1)), 20)

    def test_repetitions_components_and_subcomponents_are_found_by_number(self):
        segment = self._message(f"{HEAD}\rZXX|a^b&c~d^e").first("ZXX")
        self.assertEqual(segment.value(1, 2, 2), "c")
        self.assertEqual(segment.value(1, 2, repetition=2), "e")
        self.assertEqual(segment.value(1, 5), "")
        self.assertEqual(segment.value(9), "")
        self.assertEqual(segment.repetitions(1), 2)

    def test_what_is_not_asked_for_is_not_parsed(self):
        envelope = read_envelope(f"{HEAD}\rNK1|1|SECRET\rFT1|1".encode())
        message = parse(envelope, keep={"FT1"})
        self.assertEqual([each.name for each in message.segments], ["MSH", "FT1"])

    # Limits

    def test_s03_sizes_are_limited(self):
        cases = {
            "segments": "\r".join([HEAD, *["ZXX|1"] * 11]),
            "fields": f"{HEAD}\rZXX" + "|" * 21,
            "field_chars": f"{HEAD}\rZXX|" + "x" * 101,
            "repetitions": f"{HEAD}\rZXX|" + "x~" * 5,
            "parts": f"{HEAD}\rZXX|" + "^" * 40,
        }
        limits = Limits(
            segments=10, fields=20, field_chars=100, repetitions=5, parts=30
        )
        for name, text in cases.items():
            with self.subTest(name), self.assertRaises(Hl7Error) as caught:
                parse(read_envelope(text.encode(), limits=limits), limits=limits)
            self.assertEqual(caught.exception.code, "too_large")

    def test_s03_the_worst_message_within_the_limits_takes_a_bounded_time(self):
        worst = "\r".join([HEAD, *["ZXX|" + "^~&" * 33] * 790])
        started = time.process_time()
        self._message(worst)
        # Measured 1.0 s; the margin is for a busy machine.
        self.assertLess(time.process_time() - started, 5)

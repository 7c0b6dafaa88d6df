from odoo.tests import BaseCase

from ..core.errors import Hl7Error
from ..core.hl7_message import read_envelope
from .common import HisCase
from .samples import dft, ft1, sample

ENVELOPE = (
    '<?xml version="1.0" encoding="{encoding}"?>'
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    "<InvokeMethod><name>SendHL7</name><body>{body}</body></InvokeMethod>"
    "</soap:Body></soap:Envelope>"
)


def soap(message, encoding="UTF-8", cdata=True):
    text = message.decode().replace("\r", "\n")
    body = f"<![CDATA[{text}]]>" if cdata else text.replace("&", "&amp;")
    return ENVELOPE.format(encoding=encoding, body=body).encode(encoding)


class TestSoapCore(BaseCase):
    def _code(self, raw):
        with self.assertRaises(Hl7Error) as caught:
            read_envelope(raw)
        return caught.exception.code

    def test_the_message_inside_is_read_as_if_it_came_alone(self):
        inner = dft(ft1())
        for options in ({}, {"cdata": False}, {"encoding": "GB18030"}):
            with self.subTest(**options):
                self.assertEqual(
                    read_envelope(soap(inner, **options)).lines,
                    read_envelope(inner).lines,
                )

    def test_s05_a_document_type_or_entity_is_refused_before_parsing(self):
        raw = soap(dft(ft1()))
        bomb = b'<!DOCTYPE x [<!ENTITY a "b">]>'
        self.assertEqual(self._code(raw.replace(b"?>", b"?>" + bomb, 1)), "doctype")
        self.assertEqual(self._code(b"<!doctype html><x/>"), "doctype")
        self.assertEqual(
            self._code(sample("mirth_test-xxe-hl7-example.xml")), "doctype"
        )

    def test_s05_broken_deep_and_foreign_xml_is_refused(self):
        self.assertEqual(self._code(b"<a><b></a>"), "xml")
        self.assertEqual(self._code(b"<a/>"), "not_hl7")
        self.assertEqual(self._code(b"<a>" * 100 + b"</a>" * 100), "too_large")
        self.assertEqual(
            self._code(soap(dft(ft1())).replace(b"UTF-8", b"UTF-99")), "xml"
        )
        self.assertEqual(self._code("<a>MSH|</a>".encode("utf-16")), "charset_invalid")

    def test_two_messages_in_one_envelope_are_refused(self):
        text = f"<![CDATA[{dft(ft1()).decode()}]]>"
        self.assertEqual(
            self._code(f"<a><b>{text}</b><c>{text}</c></a>".encode()), "not_hl7"
        )


class TestSoap(HisCase):
    def test_a_charge_in_an_envelope_becomes_a_ledger_line(self):
        (message,) = self._process(soap(self._dft(ft1("T-GLOVE", "2"))))
        self.assertEqual(message.state, "processed")
        self.assertEqual(self._lines().quantity, 2)

    def test_an_envelope_that_is_refused_is_answered_and_quarantined(self):
        (message,) = self._receive(b"<!DOCTYPE x><x/>")
        self.assertEqual(
            (message.state, message.error_code), ("quarantined", "doctype")
        )
        self.assertEqual(message.answer_code, "AE")

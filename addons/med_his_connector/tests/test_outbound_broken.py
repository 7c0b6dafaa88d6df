from contextlib import closing

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import BaseCase
from odoo.tools import mute_logger

from ..core.outbound import (
    Envelope,
    OutCharge,
    OutItem,
    OutLot,
    OutPlace,
    Unwritable,
    charge_message,
    item_message,
)
from ..gateway.client import LineDown, MllpClient
from ..gateway.fhir_client import FhirClient
from .outbound_case import OutboundCase


class TestAddresses(BaseCase):
    """An address or a key that cannot be is a line that is down, and no crash."""

    def test_what_is_no_address_is_a_line_that_is_down(self):
        clients = {
            "idna": MllpClient("his..hospital", 1, 1),
            "key": FhirClient("http://127.0.0.1:9/", "ｋｅｙ", 1),
            "host": FhirClient("http://his..hospital/", "", 1),
        }
        for name, client in clients.items():
            with (
                self.subTest(name),
                closing(client),
                self.assertRaises(LineDown),
            ):
                client.send(b"{}", "a=b", "utf-8")

    def test_v06_a_code_that_cannot_be_written_is_never_a_question_mark(self):
        now = fields.Datetime.now()
        plain = {
            "number": "1",
            "credit": False,
            "when": now,
            "code": "C1",
            "name": "手套",
            "quantity": 1,
            "department": "W1",
        }
        envelope = Envelope("M1", now, "某某医院", codec="ascii")
        raw = charge_message(envelope, OutCharge(**plain))
        self.assertIn(b"^??|", raw.replace(b"C1^", b"^"))
        places = {
            "department": "FT1-13",
            "code": "FT1-7",
            "visit": "PV1-19",
            "record": "PID-3",
            "own_code": "FT1-7",
            "lot": "ZPA-5",
            "serial": "ZPA-6",
        }
        for name, place in places.items():
            with self.subTest(name), self.assertRaises(Unwritable) as caught:
                charge_message(envelope, OutCharge(**{**plain, name: "内科1"}))
            self.assertEqual((caught.exception.place, place), (place, place))
        for name in ("receiver", "receiver_facility"):
            told = Envelope("M1", now, "A", codec="iso8859-1", **{name: "住"})
            with self.subTest(name), self.assertRaises(Unwritable) as caught:
                charge_message(told, OutCharge(**plain))
            self.assertEqual(caught.exception.place[:4], "MSH-")

    def test_v06_of_an_item_only_its_names_lose_signs(self):
        envelope = Envelope("M1", fields.Datetime.now(), "A", codec="iso8859-1")
        lot = OutLot("L1", None, 1)
        place = OutPlace("W1", "内科", None, (lot,))
        item = OutItem("C1", "手套", True, "pc", manufacturer="厂", places=(place,))
        self.assertEqual(item_message(envelope, item).count(b"?"), 5)
        bad = OutItem("C1", "Gloves", True, "个", places=(place,))
        with self.assertRaises(Unwritable) as caught:
            item_message(envelope, bad)
        self.assertEqual(caught.exception.place, "ILT-10")


class TestOutboundBroken(OutboundCase):
    def test_one_channel_that_cannot_connect_stops_no_other(self):
        first = self.out.copy({"name": "A first", "code": "FIRST"})
        self.assertEqual(first, self.env["med.his.channel"].search([], limit=1))
        charges = self._scan()
        self.assertEqual(len(charges), 2)
        # As it was entered before names were looked at.
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE med_his_channel SET transport = 'out_fhir', out_tls = false,"
            " out_url = 'https://his:80a0/' WHERE id = %s",
            [first.id],
        )
        self.env.invalidate_all()
        with (
            self.enter_registry_test_mode(),
            mute_logger("odoo.addons.med_his_connector.models.med_his_outbound_send"),
        ):
            self.env.ref("med_his_connector.ir_cron_send").method_direct_trigger()
        self.env.invalidate_all()
        states = {each.channel_id: each.state for each in charges}
        self.assertEqual(states, {first: "waiting", self.out: "sent"})
        self.assertTrue(first.down_since)
        self.assertIn("No connection", first.look_problem)

    def test_what_can_be_no_address_or_key_is_refused_when_it_is_entered(self):
        for host in ("his..hospital", "his hospital", "http://his", "a" * 64):
            with self.subTest(host), self.assertRaises(ValidationError):
                self.out.out_host = host
        fhir = {"transport": "out_fhir", "out_tls": False}
        for url in ("http://his:80a0/", "http://his..x/", "http://his:0/R4"):
            with self.subTest(url), self.assertRaises(ValidationError):
                self.out.write({**fhir, "out_url": url})
        self.out.write({**fhir, "out_url": "http://[::1]:8080/fhir"})
        for key in ("kéy", "ｋｅｙ", "a\nb"):
            with self.subTest(key), self.assertRaises(ValidationError):
                self.out.out_key = key

    def test_v06_a_ward_that_cannot_be_written_is_for_a_person(self):
        self.out.charset = "ascii"
        self.icu.code = "内科1"
        charge = self._scan()
        self._send()
        self.assertEqual(charge.state, "dead")
        self.assertIn("FT1-13", charge.problem)
        self.assertIn("ascii", charge.problem)
        self.assertFalse(self.receiver.messages)
        self.out.charset = "gb18030"
        charge.with_user(self.operator).action_send_again()
        self._send()
        [raw] = self.receiver.messages
        self.assertIn("内科1", raw.decode("gb18030"))

import json
import re
from datetime import datetime, timedelta
from unittest.mock import patch

from lxml import etree

from odoo import fields
from odoo.tests import tagged

from ..core.outbound_fhir_item import item_transaction
from .common import HisCase
from .interface_doc import PAPERS, sent
from .outbound_case import FhirReceiver

NOW = datetime(2026, 1, 5, 12, 0)


class ItemCase(HisCase):
    """A channel that tells a FHIR server on this machine of items and levels."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = FhirReceiver()
        cls.addClassCleanup(cls.server.stop)
        cls.out = cls._channel(
            "OUTF",
            transport="out_fhir",
            out_url=f"http://127.0.0.1:{cls.server.port}/fhir/R4",
            out_key="their-key",
            out_tls=False,
            answer_seconds=5,
            max_attempts=3,
            sends_items=True,
            sends_stock=True,
        )
        cls.shelf, cls.other_shelf = cls.env["stock.location"].create(
            [{"name": name, "usage": "internal"} for name in ("ICU", "Cath lab")]
        )
        cls.icu.stock_location_id = cls.shelf
        cls.cath.stock_location_id = cls.other_shelf
        cls.stent.tracking = "lot"
        cls.lot = cls.env["stock.lot"].create(
            {"name": "LOT-5", "product_id": cls.stent.id}
        )
        cls._put(3)

    def setUp(self):
        super().setUp()
        self.server.requests.clear()
        self.server.answers.clear()

    @classmethod
    def _put(cls, quantity, place=None):
        cls.env["stock.quant"]._update_available_quantity(
            cls.stent, place or cls.shelf, quantity, lot_id=cls.lot
        )

    def _tell(self, *answers):
        """Queue the stent alone, and send; what became of it and what was asked."""
        self.server.answers[:] = [*answers, *[200] * 20]
        message = self.env["med.his.outbound"].create(
            {
                "channel_id": self.out.id,
                "kind": "item",
                "product_id": self.stent.id,
                "order_key": f"item/{self.stent.id}",
            }
        )
        self._send()
        return message

    def _send(self):
        self.env["med.his.outbound"]._send_all(self.out, lambda: 1)

    def _entries(self, number=-1):
        return self.server.requests[number]["body"]["entry"]

    def _level(self, code="T-ICU", number=-1):
        own = [
            each["resource"]
            for each in self._entries(number)[1:]
            if each["resource"]["subject"]["identifier"]["value"] == code
        ]
        return own and own[0]


class TestOutboundItems(ItemCase):
    def test_an_item_and_its_levels_are_one_transaction_and_acknowledged(self):
        message = self._tell()
        self.assertEqual((message.state, message.answer_code), ("sent", "200"))
        request = self.server.requests[0]
        self.assertEqual(request["path"], "/fhir/R4")
        self.assertEqual(request["key"], "Bearer their-key")
        self.assertIsNone(request["condition"])
        self.assertEqual(request["body"]["type"], "transaction")
        item = self._entries()[0]
        self.assertEqual(item["request"]["method"], "PUT")
        self.assertEqual(
            item["request"]["url"],
            "DeviceDefinition?identifier=urn:med:item%7CT-STENT",
        )
        level = self._level()
        self.assertEqual(level["valueQuantity"]["value"], 3)
        lots = [
            (part["code"]["coding"][0]["code"], part["code"]["text"])
            for part in level["component"]
        ]
        self.assertEqual(lots, [("lot", "LOT-5")])

    def test_every_night_all_items_are_queued_once(self):
        Outbound = self.env["med.his.outbound"]
        Outbound._cron_queue_items()
        first = Outbound.search([("channel_id", "=", self.out.id)])
        self.assertIn(self.stent, first.product_id)
        Outbound._cron_queue_items()
        again = Outbound.search([("channel_id", "=", self.out.id)])
        self.assertEqual(len(again), len(first))

    def test_what_is_used_up_is_told_once_to_be_gone(self):
        self._tell()
        self._put(-3)
        self.env["stock.quant"]._quant_tasks()
        self._tell()
        self.assertEqual(self._level()["valueQuantity"]["value"], 0)
        self.assertNotIn("component", self._level())
        self._tell()
        self.assertFalse(self._level())

    def test_that_it_is_gone_is_told_until_it_is_acknowledged(self):
        self._tell()
        self._put(-3)
        self._tell(422)._give_up("another time")
        self._tell()
        self.assertEqual(self._level()["valueQuantity"]["value"], 0)

    def test_r15_a_server_that_is_down_gets_the_same_again(self):
        message = self._tell(503)
        self.assertEqual((message.state, message.attempts), ("waiting", 0))
        message.next_try_at = fields.Datetime.now() - timedelta(seconds=1)
        self._send()
        self.assertEqual(message.state, "sent")
        first, second = (request["body"]["entry"] for request in self.server.requests)
        self.assertEqual(
            [each["request"] for each in first], [each["request"] for each in second]
        )

    def test_r15_what_is_refused_is_a_dead_letter_that_can_be_sent_again(self):
        message = self._tell(422)
        self.assertEqual(message.state, "dead")
        self.assertIn("422", message.problem)
        message.with_user(self.operator).action_send_again()
        self._send()
        self.assertEqual(message.state, "sent")

    def test_an_answer_that_hides_a_refused_entry_is_no_acknowledgement(self):
        entries = [{"response": {"status": "201 Created"}}]
        entries.append({"response": {"status": "404 Not Found"}})
        body = {"resourceType": "Bundle", "type": "batch-response", "entry": entries}
        message = self._tell((200, body))
        self.assertEqual(message.state, "dead")
        self.assertIn("404 Bundle.entry[1]", message.problem)
        entries[1]["response"]["status"] = "200"
        self.assertEqual(self._tell((200, body)).state, "waiting")  # behind it
        message._give_up("mended there")
        self._send()
        self.assertEqual(self._level()["valueQuantity"]["value"], 3)

    def test_the_form_of_an_outbound_channel_shows_what_is_sent_and_no_inbox(self):
        arch = self.env["med.his.channel"].get_view(view_type="form")["arch"]
        buttons = etree.fromstring(arch).findall(".//div[@name='button_box']/button")
        hidden = {
            (each.get("name"), each.get("invisible", ""))
            for each in buttons
            if each.get("name").startswith("action_view_")
        }
        self.assertEqual(
            hidden,
            {
                ("action_view_mapping", "transport != 'mllp'"),
                ("action_view_files", "transport != 'folder'"),
                ("action_view_messages", "direction == 'out'"),
                ("action_view_exceptions", "direction == 'out'"),
                ("action_view_outbound", "direction != 'out'"),
                ("action_view_replies", "not reply_host"),
            },
        )

    def test_an_item_out_of_use_and_odd_codes(self):
        self.stent.write({"med_hospital_code": "A|1,B", "active": False})
        self._tell()
        item = self._entries()[0]
        self.assertIn(
            "identifier=urn:med:item%7CA%5C%7C1%5C%2CB", item["request"]["url"]
        )
        facts = {
            each["type"]["coding"][0]["code"]: each["valueCode"][0]["text"]
            for each in item["resource"]["property"]
        }
        self.assertEqual(facts["status"], "inactive")

    def test_without_levels_only_changed_items_are_told(self):
        self.out.write({"sends_stock": False, "items_sent_until": False})
        Outbound = self.env["med.his.outbound"]
        self.assertGreaterEqual(Outbound._queue_items(self.out), 2)
        self.server.answers[:] = [200] * 1000
        self._send()
        sizes = {len(each["body"]["entry"]) for each in self.server.requests}
        self.assertEqual(sizes, {1})

    def test_what_was_acknowledged_long_ago_is_forgotten_but_for_the_last(self):
        old, last = self._tell(), self._tell()
        then = fields.Datetime.now() - timedelta(days=31)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE med_his_outbound SET create_date = %s WHERE id IN %s",
            (then, (old.id, last.id)),
        )
        self.env["med.his.outbound"]._gc_items()
        self.assertFalse(old.exists())
        self.assertTrue(last.exists())


@tagged("post_install", "-at_install")
class TestSentExamples(ItemCase):
    """What the specification shows of our messages is what is sent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.name = "HOSP"
        cls.icu.write({"code": "W-ICU", "name": "Intensive care"})
        cls.cath.write({"code": "W-CATH", "name": "Cath lab"})
        cls.lot.expiration_date = "2028-12-31"
        cls.stent.write(
            {
                "name": "Stent 3.0",
                "med_hospital_code": "STENT-9",
                "med_charge_code": "C-900",
                "med_chargeable": True,
                "med_manufacturer": "ACME",
                "med_specification": "3.0 x 18 mm",
                "use_expiration_date": True,
            }
        )
        cls.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": cls.stent.id,
                "location_id": cls.shelf.id,
                "product_max_qty": 5,
            }
        )

    def _examples(self):
        found = [sent(path.read_text("utf-8")) for path in PAPERS.values()]
        self.assertEqual(*found)
        return found[0]

    def test_the_fhir_example_is_what_is_sent(self):
        with patch.object(fields.Datetime, "now", lambda: NOW):
            self._tell()
        [request] = self.server.requests
        self.assertEqual(request["body"], json.loads(self._examples()["item-fhir"]))

    def test_the_hl7_example_is_what_is_sent(self):
        out = self._channel(
            "OUTM",
            transport="out_mllp",
            out_host="127.0.0.1",
            out_port=1,
            out_application="HIS",
            out_facility="HOSP",
            sends_items=True,
            sends_stock=True,
        )
        message = self.env["med.his.outbound"].create(
            {
                "channel_id": out.id,
                "kind": "item",
                "product_id": self.stent.id,
                "order_key": "item",
                "control_id": "4be3a19f20",
            }
        )
        raw = message._content(NOW.astimezone()).decode()
        lines = [line for line in raw.split("\r") if line]
        then = re.compile(r"\d{14}[+-]\d{4}")
        written = self._examples()["item-hl7"].strip().splitlines()
        self.assertEqual(
            [then.sub("TIME", line) for line in lines],
            [then.sub("TIME", line) for line in written],
        )

    def test_a_quantity_is_told_as_exactly_as_it_is_kept(self):
        message = self._tell()
        item = message._item()
        raw = item_transaction(item, NOW.astimezone())
        self.assertIn(b'"value":3', raw)
        self.assertNotIn(b"3.0,", raw)

import os
import socket
from contextlib import closing
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError

from ..core.charges import read_charges
from ..core.hl7_message import read_envelope
from .outbound_case import WRISTBAND, FhirReceiver, OutboundCase


class TestOutbound(OutboundCase):
    """Charges after scans, and items: to a real listener on this machine."""

    def test_a_scan_is_charged_and_acknowledged(self):
        charge = self._scan(lot_name="LOT-1")
        self._send()
        self.assertEqual((charge.state, charge.answer_code), ("sent", "AA"))
        [raw] = self.receiver.messages
        message = self._read(raw)
        line, visit = message.first("FT1"), message.first("PV1")
        self.assertEqual(message.header.control_id, charge.control_id)
        self.assertEqual(
            [line.value(n) for n in (6, 7, 10, 13)], ["CG", "T-GLOVE", "2", "T-ICU"]
        )
        self.assertEqual(visit.value(19), WRISTBAND)
        self.assertEqual(message.first("ZPA").value(5), "LOT-1")
        self.assertNotIn(b"TESTNAME", raw)

    def test_what_we_send_can_be_read_as_a_charge(self):
        self._scan()
        self._send()
        envelope = read_envelope(self.receiver.messages[0], "utf-8")
        now = fields.Datetime.now().replace(tzinfo=self.out._receiver().zone)
        [charge] = read_charges(envelope, "key", now).charges
        self.assertEqual((charge.kind, charge.item_code), ("use", "T-GLOVE"))

    def test_what_is_taken_back_is_refunded_under_the_number_of_its_charge(self):
        self._scan("s1")
        refund = self._scan("s2", kind="return", reverses="s1")
        self.assertEqual(refund.kind, "refund")
        self._send()
        charge, back = (self._read(m).first("FT1") for m in self.receiver.messages)
        self.assertEqual((charge.value(6), back.value(6)), ("CG", "CD"))
        self.assertEqual(charge.value(2), back.value(2))

    def test_the_same_scan_again_is_charged_once(self):
        self._scan("s1")
        self._scan("s1")
        self._send()
        self.assertEqual(len(self.receiver.messages), 1)

    def test_what_cannot_be_charged_or_is_waste_is_not_told(self):
        self.assertFalse(self._scan("s1", product_id=self.stent.id))
        self.assertFalse(self._scan("s2", kind="waste"))

    def test_r15_what_fails_for_a_passing_reason_is_sent_again_under_its_id(self):
        self.receiver.answers[:] = ["AR", "hang up"]
        charge = self._scan()
        for expected in ("waiting", "waiting", "sent"):
            self._send()
            self.assertEqual(charge.state, expected, charge.problem)
            self._later()
        ids = {self._read(m).header.control_id for m in self.receiver.messages}
        self.assertEqual(ids, {charge.control_id})

    def test_r15_tried_too_often_it_is_a_dead_letter(self):
        self.receiver.answers[:] = ["XX"] * 5
        charge = self._scan()
        for _ in range(4):
            self._send()
            self._later()
        self.assertEqual((charge.state, charge.attempts), ("dead", 3))
        self.receiver.answers.clear()
        charge.with_user(self.operator).action_send_again()
        self._send()
        self.assertEqual(charge.state, "sent")

    def test_a_refused_content_is_a_dead_letter_at_once(self):
        self.receiver.answers[:] = ["AE"]
        charge = self._scan()
        self._send()
        self.assertEqual(charge.state, "dead")
        self.assertIn("103", charge.problem)

    def test_a_receiver_that_means_a_defect_by_ar_refuses_this_message(self):
        self.out.reject_means = "refuse"
        self.receiver.answers[:] = ["AR"]
        charge = self._scan()
        self._send()
        self.assertEqual(charge.state, "dead")
        self.assertFalse(self.out.down_since)

    def test_a_late_answer_to_another_message_is_not_taken_for_ours(self):
        self.receiver.answers[:] = ["late"]
        charge = self._scan()
        self._send()
        self.assertEqual(charge.state, "sent")

    def test_r11_one_that_is_stuck_holds_up_only_its_visit_and_item(self):
        self.receiver.answers[:] = ["AE"]
        stuck = self._scan("s1")
        behind = self._scan("s2")
        other = self._scan("s3", wristband="VISIT-2")
        self.stent.write({"med_chargeable": True, "med_charge_code": "C-9"})
        another = self._scan("s4", product_id=self.stent.id, quantity=1)
        self._send()
        states = (stuck + behind + other + another).mapped("state")
        self.assertEqual(states, ["dead", "waiting", "sent", "sent"])
        seen = self.screen.follow_up(self.icu.id, ["s2"])["scans"]["s2"]
        self.assertEqual(seen["level"], "danger")
        self.assertIn("earlier charge", seen["text"])
        self.assertIn("a code that it does not know", stuck.problem)
        stuck.with_user(self.operator)._give_up("charged by hand")
        self._send()
        self.assertEqual(behind.state, "sent")

    def test_nobody_there_is_said_on_the_channel_and_nothing_is_lost(self):
        with closing(socket.create_server(("127.0.0.1", 0))) as probe:
            free = probe.getsockname()[1]
        self.out.out_port = free
        charge = self._scan()
        self._send()
        self.assertEqual((charge.state, charge.attempts), ("waiting", 0))
        self.assertTrue(self.out.look_problem)
        seen = self.screen.follow_up(self.icu.id, ["s1"])["scans"]["s1"]
        self.assertEqual(seen["level"], "warning")
        self.assertIn("is away since", seen["text"])
        self.out.out_port = self.receiver.port
        self._later()
        self._send()
        self.assertEqual(charge.state, "sent")
        self.assertFalse(self.out.look_problem)

    def test_the_nurse_sees_what_became_of_the_charge(self):
        self.assertTrue(self.screen.open_screen()["follows"])
        self.receiver.answers[:] = ["AA", "AE"]
        self._scan("s1")
        self._scan("s2")
        waiting = self.screen.follow_up(self.icu.id, ["s1"])
        self.assertEqual(waiting["scans"]["s1"]["level"], "secondary")
        self._send()
        seen = self.screen.follow_up(self.icu.id, ["s1", "s2"])
        self.assertEqual(seen["scans"]["s1"]["level"], "success")
        self.assertEqual(seen["scans"]["s2"]["level"], "danger")
        self.assertIn("Gloves", seen["notices"][0])
        with self.assertRaises(AccessError):
            self.screen.follow_up(self.cath.id, [])

    def test_a_use_whose_visit_nobody_knows_is_a_dead_letter(self):
        charge = self._scan(wristband="")
        self._send()
        self.assertEqual(charge.state, "dead")
        self.assertFalse(self.receiver.messages)

    def test_s06_the_visit_is_nowhere_in_the_clear(self):
        self._scan()
        self._send()
        self.env.flush_all()
        for table in ("med_his_charge_visit", "med_his_outbound", "med_consumption"):
            self.env.cr.execute(f"SELECT t::text FROM {table} t")  # noqa: S608
            self.assertNotIn(WRISTBAND, str(self.env.cr.fetchall()))
        visits = self.env["med.his.charge.visit"].search([])
        with self.assertRaises(AccessError):
            visits.with_user(self.operator).read(["token"])
        visits.kept_until = fields.Date.today() - timedelta(days=1)
        self.env["med.his.charge.visit"]._gc_visits()
        self.assertFalse(visits.exists())

    def test_a_charge_can_go_as_fhir_and_a_repetition_creates_nothing(self):
        server = FhirReceiver()
        self.addCleanup(server.stop)
        self.out.active = False
        out = self._channel(
            "OUTF",
            transport="out_fhir",
            out_url=f"http://127.0.0.1:{server.port}/fhir/R4",
            out_key="their-key",
            out_tls=False,
            sends_charges=True,
        )
        server.answers[:] = [503, 201, 200]
        self._scan("s1", lot_name="LOT-1")
        self._scan("s2", kind="return", reverses="s1", quantity=1)
        for _ in range(3):
            self.env["med.his.outbound"]._send_all(out, lambda: 1)
            self._later()
        states = self.env["med.his.outbound"].search([("channel_id", "=", out.id)])
        self.assertEqual(states.mapped("state"), ["sent", "sent"])
        tried, charge, refund = server.requests
        self.assertEqual(tried, charge)
        self.assertEqual(charge["key"], "Bearer their-key")
        self.assertIn(charge["body"]["identifier"][0]["value"], charge["condition"])
        self.assertEqual(charge["body"]["quantity"]["value"], 2)
        self.assertEqual(refund["body"]["quantity"]["value"], -1)
        self.assertEqual(
            refund["body"]["partOf"][0]["identifier"], charge["body"]["identifier"][0]
        )
        self.env.cr.execute("SELECT t::text FROM med_his_channel t")
        self.assertNotIn("their-key", str(self.env.cr.fetchall()))

    def test_items_and_levels_are_told_and_acknowledged(self):
        self.out.write({"sends_items": True, "sends_stock": True})
        location = self.env["stock.location"].create(
            {"name": "ICU shelf", "usage": "internal"}
        )
        self.icu.stock_location_id = location
        self.stent.tracking = "lot"
        lot = self.env["stock.lot"].create(
            {"name": "LOT-5", "product_id": self.stent.id}
        )
        self.env["stock.quant"]._update_available_quantity(
            self.stent, location, 3, lot_id=lot
        )
        Outbound = self.env["med.his.outbound"]
        Outbound._queue_items(self.out)
        message = Outbound.search([("product_id", "=", self.stent.id)])
        self._send()
        self.assertEqual(message.state, "sent")
        raw = next(m for m in self.receiver.messages if b"T-STENT" in m)
        read = self._read(raw)
        self.assertEqual(read.header.message_type, "MFN^M16")
        self.assertEqual(read.first("IVT").value(2), "T-ICU")
        self.assertEqual([read.first("ILT").value(n) for n in (2, 9)], ["LOT-5", "3"])

    def test_only_changed_items_are_told_again(self):
        self.out.sends_items = True
        Outbound = self.env["med.his.outbound"]
        self.assertGreaterEqual(Outbound._queue_items(self.out), 2)
        Outbound.search([]).write({"state": "sent"})
        self.out.items_sent_until = fields.Datetime.now() + timedelta(days=2)
        self.assertEqual(Outbound._queue_items(self.out), 0)

    def test_what_a_long_transaction_changed_is_told_the_next_night(self):
        self.out.sends_items = True
        Outbound = self.env["med.his.outbound"]
        Outbound._queue_items(self.out)
        Outbound.search([]).write({"state": "sent"})
        # It began before that night's look, and ended after it.
        began = fields.Datetime.now() - timedelta(minutes=5)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE product_product SET write_date = %s WHERE id = %s",
            [began, self.stent.id],
        )
        Outbound._queue_items(self.out)
        waiting = Outbound.search([("state", "=", "waiting")])
        self.assertIn(self.stent, waiting.product_id)

    def test_nobody_writes_outbound_messages_by_hand(self):
        charge = self._scan()
        mine = charge.with_user(self.operator)
        for attempt in (lambda: mine.write({"state": "sent"}), mine.unlink):
            with self.assertRaises(AccessError):
                attempt()
        with self.assertRaises(AccessError):
            charge.with_user(self.nurse).read(["state"])

    def test_without_a_key_a_scan_is_recorded_all_the_same(self):
        with patch.dict(os.environ, {"MED_KEY_FILE": "/nowhere/his.key"}):
            charge = self._scan(wristband="")
        self.assertTrue(charge)

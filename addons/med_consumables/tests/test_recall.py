from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .recall_case import RecallCase


@tagged("post_install", "-at_install")
class TestRecall(RecallCase):
    def test_starting_finds_store_wards_and_use_and_holds_all(self):
        self._use_batch(2)
        recall = self._started()
        self.assertEqual(
            self._found(recall),
            {
                ("store", "CSD"): 20,
                ("ward", "ICU"): 3,
                ("ward", "ER"): 4,
                ("used", "ICU"): 2,
            },
        )
        self.assertTrue(self.lot.med_hold)
        self.assertEqual(self.lot.med_recall_id, recall)
        self.assertFalse(self.other.med_hold)
        self.assertEqual(recall.quantity_found, 29)

    def test_goods_on_their_way_are_found(self):
        transit = self.env["stock.location"].create(
            {"name": "On the way", "usage": "transit", "company_id": self.company.id}
        )
        self.env["stock.quant"]._update_available_quantity(
            self.gloves, transit, 6, lot_id=self.lot
        )
        self.assertEqual(self._found(self._started())["transit", False], 6)

    def test_what_came_back_from_a_patient_is_not_used(self):
        line = self._use_batch(2)
        self._use(2, "back", kind="return", reversal_of_id=line.id)
        self._post()
        recall = self._started()
        self.assertNotIn(("used", "ICU"), self._found(recall))
        self.assertFalse(recall._lines_of_use())

    def test_a_use_that_the_books_do_not_have_yet_is_found(self):
        line = self._use(50, lot_name="BATCH-A", department_id=self.er.id)
        self._post()
        self.assertEqual(line.state, "incident")
        recall = self._started()
        self.assertEqual(self._found(recall)["used", "ER"], 50)
        self.assertEqual(recall._lines_of_use(), line)

    def test_a_recorded_use_that_is_not_posted_counts_once(self):
        self._use(2, lot_name="BATCH-A")
        found = self._found(self._started())
        self.assertEqual((found["ward", "ICU"], found["used", "ICU"]), (3, 2))

    def test_lots_are_found_by_serial_by_identifier_and_by_item(self):
        stent = self._product("Stent", tracking="serial")
        serial = self._lot("SN-1", 100, stent)
        self.env["med.udi"].create({"di": "06901234567892", "product_id": stent.id})
        code = "(01)06901234567892"
        for values, expected in (
            ({"lot_names": "SN-1"}, serial),
            ({"lot_names": "", "code": code}, serial),
            ({"lot_names": "", "code": code + "(21)SN-1"}, serial),
            ({"lot_names": "", "code": code + "(21)SN-2"}, serial.browse()),
            (
                {"lot_names": "", "product_ids": [Command.set(self.gloves.ids)]},
                self.lot | self.other,
            ),
            ({"lot_names": "BATCH-A\n BATCH-B "}, self.lot | self.other),
        ):
            recall = self._recall(**values)
            recall.action_search()
            self.assertEqual(recall.lot_ids, expected, values)

    def test_an_identifier_that_nobody_knows_is_said(self):
        with self.assertRaisesRegex(UserError, "06901234567892"):
            self._recall(code="(01)06901234567892").action_search()

    def test_lots_are_found_by_supplier_and_date(self):
        supplier = self.env["res.partner"].create({"name": "Maker"})
        receipt = self._receive(self.other, 3, supplier)
        day = self.company._med_day(receipt.date_done)
        for values, expected in (
            ({"supplier_id": supplier.id}, self.other),
            ({"supplier_id": self.company.partner_id.id}, self.lot.browse()),
            (
                {"supplier_id": supplier.id, "received_from": day, "received_to": day},
                self.other,
            ),
            (
                {"supplier_id": supplier.id, "received_to": day - timedelta(days=1)},
                self.lot.browse(),
            ),
        ):
            recall = self._recall(lot_names="", **values)
            recall.action_search()
            self.assertEqual(recall.lot_ids, expected, values)

    def test_a_recall_of_nothing_is_not_started(self):
        with self.assertRaisesRegex(UserError, "what is recalled"):
            self._recall(lot_names="").action_start()

    def test_what_was_not_done_yet_is_said_when_closing(self):
        recall = self._started()
        with self.assertRaisesRegex(UserError, "BATCH-A(.|\n)*Store"):
            recall.action_close()
        self.assertEqual(recall.state, "in_work")

    def test_a_recall_closes_when_every_unit_is_accounted_for(self):
        self._use_batch(2)
        recall = self._started()
        self._record(self._line(recall, "store"), "returned")
        self._record(self._line(recall, "ward", self.icu), "destroyed")
        self._record(self._line(recall, "ward", self.er), "missing", 1)
        self._record(self._line(recall, "ward", self.er), "quarantined", 3)
        with self.assertRaisesRegex(UserError, "Used"):
            recall.action_close()
        self._record(self._line(recall, "used"), "used")
        recall.action_close()
        self.assertEqual(recall.state, "closed")
        self.assertTrue(self.lot.med_hold)
        left = self.env["stock.quant"].search(
            [("lot_id", "=", self.lot.id), ("location_id.usage", "=", "internal")]
        )
        self.assertEqual(sum(left.mapped("quantity")), 3)
        self.assertTrue(
            all(left.filtered("quantity").location_id.mapped("med_quarantine"))
        )

    def test_quarantined_units_go_on_to_the_supplier_and_count_once(self):
        recall = self._started()
        line = self._line(recall, "store")
        self._record(line, "quarantined")
        recall.action_look_again()
        self.assertNotIn("quarantine", [place for place, _code in self._found(recall)])
        self._record(line, "returned", 20, from_quarantine=True)
        recall.action_look_again()
        self.assertEqual(line.quantity_found, 20)
        self.assertEqual((line.quantity_done, line.quantity_in_quarantine), (20, 0))
        with self.assertRaisesRegex(UserError, "open"):
            self._record(line, "returned", 1, from_quarantine=True)

    def test_a_unit_used_after_the_start_is_found_as_used(self):
        recall = self._started()
        self._use_batch(1)
        recall.action_look_again()
        found = self._found(recall)
        self.assertEqual((found["ward", "ICU"], found["used", "ICU"]), (4, 1))
        self.assertNotIn(("left", False), found)

    def test_a_unit_that_leaves_without_a_record_stays_on_the_list(self):
        recall = self._started()
        self.env["stock.quant"]._update_available_quantity(
            self.gloves, self.icu.stock_location_id, -2, lot_id=self.lot
        )
        for _again in range(2):
            recall.action_look_again()
            self.assertEqual(self._found(recall)["left", False], 2)
        self._record(self._line(recall, "left"), "destroyed")
        self.assertEqual(self._line(recall, "left").quantity_open, 0)

    def test_more_than_is_open_is_not_recorded(self):
        recall = self._started()
        with self.assertRaisesRegex(UserError, "Only 5"):
            self._record(self._line(recall, "ward", self.icu), "returned", 6)

    def test_no_evidence_no_record(self):
        recall = self._started()
        with self.assertRaisesRegex(UserError, "evidence"):
            self._record(self._line(recall, "store"), "returned", evidence_ids=[])

    def test_units_on_a_shelf_are_not_used_and_used_ones_are_not_returned(self):
        self._use_batch(1)
        recall = self._started()
        for place, kind in (("store", "used"), ("used", "returned")):
            with self.assertRaises(UserError):
                self._record(self._line(recall, place), kind)

    def test_what_was_recorded_stays_and_can_be_undone_where_nothing_moved(self):
        self._use_batch(1)
        recall = self._started()
        told = self._record(self._line(recall, "used"), "used")
        moved = self._record(self._line(recall, "store"), "returned", 5)
        with self.assertRaises(AccessError):
            told.write({"quantity": 2})
        with self.assertRaises(AccessError):
            told.unlink()
        told.action_undo()
        self.assertTrue(told.undone)
        self.assertEqual(self._line(recall, "used").quantity_open, 1)
        with self.assertRaises(UserError):
            moved.action_undo()

    def test_late_stock_of_a_recalled_lot_is_held_and_listed_at_once(self):
        recall = self._started()
        self._receive(self.lot, 7)
        self.assertEqual(self._found(recall)["store", "CSD"], 27)
        self.assertIn("BATCH-A", recall.message_ids[0].body)
        self.assertTrue(recall.activity_ids)
        transfer = self.env["stock.move"].create(
            {
                "product_id": self.gloves.id,
                "product_uom": self.gloves.uom_id.id,
                "product_uom_qty": 1,
                "location_id": self.store.stock_location_id.id,
                "location_dest_id": self.er.stock_location_id.id,
            }
        )
        transfer._action_confirm()
        transfer._action_assign()
        self.assertEqual(transfer.quantity, 0)

    def test_a_lot_that_is_new_here_and_fits_the_recall_is_held(self):
        recall = self._started(lot_names="BATCH-A\nBATCH-C")
        new = self._lot("BATCH-C", 100)
        self._receive(new, 3)
        self.assertTrue(new.med_hold)
        self.assertEqual(new.med_recall_id, recall)
        self.assertIn(new, recall.lot_ids)

    def test_cancelling_frees_the_lots(self):
        recall = self._started()
        recall.action_cancel()
        self.assertEqual(recall.state, "cancelled")
        self.assertFalse(self.lot.med_hold)
        self.assertFalse(self.lot.med_recall_id)
        recall.action_draft()
        recall.action_start()
        self.assertTrue(self.lot.med_hold)

    def test_what_was_on_hold_before_stays_so_when_the_recall_is_cancelled(self):
        self.lot.write({"med_hold": True, "med_hold_reason": "Wet carton"})
        recall = self._started()
        self.assertIn(recall.name, self.lot.med_hold_reason)
        recall.action_cancel()
        self.assertFalse(self.lot.med_recall_id)
        self.assertTrue(self.lot.med_hold)
        self.assertEqual(self.lot.med_hold_reason, "Wet carton")
        self.lot.write({"med_hold": False, "med_hold_reason": False})
        self._started().action_cancel()
        self.assertFalse(self.lot.med_hold)

    def test_what_was_on_hold_before_stays_so_when_taken_off_the_list(self):
        self.other.write({"med_hold": True, "med_hold_reason": "Wet carton"})
        recall = self._started(lot_names="BATCH-A\nBATCH-B")
        recall.lot_ids -= self.other
        self.assertTrue(self.other.med_hold)
        self.assertEqual(self.other.med_hold_reason, "Wet carton")

    def test_a_lot_of_two_recalls_is_held_until_the_last_of_them_ends(self):
        self.lot.write({"med_hold": True, "med_hold_reason": "Wet carton"})
        first, second = self._started(), self._started(subject="Torn gloves")
        self.assertEqual(self.lot.med_recall_id, second)
        second.action_cancel()
        self.assertTrue(self.lot.med_hold)
        self.assertEqual(self.lot.med_recall_id, first)
        self.assertIn(first.name, self.lot.med_hold_reason)
        first.action_cancel()
        self.assertFalse(self.lot.med_recall_id)
        self.assertEqual(self.lot.med_hold_reason, "Wet carton")

    def test_nobody_writes_what_a_recall_keeps_of_a_lot(self):
        with self.assertRaises(UserError):
            self.lot.with_user(self.storekeeper).med_hold_before = "x"

    def test_a_lot_taken_off_the_list_is_free_again(self):
        recall = self._started(lot_names="BATCH-A\nBATCH-B")
        recall.lot_ids -= self.other
        self.assertFalse(self.other.med_hold)
        self.assertEqual(recall.line_ids.lot_id, self.lot)

    def test_heads_of_departments_that_have_some_get_a_task(self):
        recall = self._started()
        self.assertIn(self.head, recall.activity_ids.user_id)

    def test_each_role_sees_and_does_its_part(self):
        recall = self._started()
        for user, places in (
            (self.nurse, {"ward"}),
            (self.head, {"ward"}),
            (self.auditor, {"store", "ward"}),
        ):
            own = recall.with_user(user)
            own.invalidate_recordset()
            self.assertEqual(set(own.line_ids.mapped("place")), places, user.login)
            with self.assertRaises(AccessError):
                own.write({"subject": "Nothing"})
            with self.assertRaises(AccessError):
                own.action_cancel()
        self.assertEqual(recall.with_user(self.head).line_ids.department_id, self.icu)
        line = self._line(recall, "ward", self.icu)
        with self.assertRaises(AccessError):
            self._record(line, "destroyed", user=self.nurse)
        with self.assertRaises(AccessError):
            self._record(
                self._line(recall, "ward", self.er), "destroyed", 1, user=self.head
            )
        self._record(line, "quarantined", user=self.head)
        self.assertEqual(line.quantity_open, 0)
        with self.assertRaises(UserError):
            recall.with_user(self.storekeeper).write({"state": "closed"})

    def test_another_company_sees_nothing(self):
        recall = self._started()
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self._user("stranger", "med_consumables.group_storekeeper")
        stranger.write(
            {"company_ids": [Command.set(company.ids)], "company_id": company.id}
        )
        for model in ("med.recall", "med.recall.line"):
            self.assertFalse(self.env[model].with_user(stranger).search([]), model)
        self.assertTrue(recall)

    def test_the_letter_names_lots_and_places(self):
        recall = self._started(reason="漏气")
        html, _type = self.env["ir.actions.report"]._render_qweb_html(
            "med_consumables.recall_letter", recall.ids
        )
        for text in (recall.name, "BATCH-A", "Intensive Care", "漏气"):
            self.assertIn(text, html.decode())

    def _receive(self, lot, quantity, partner=None):
        supplier = self.env.ref("stock.stock_location_suppliers")
        picking = self._picking(
            quantity,
            supplier,
            self.store.stock_location_id,
            lot,
            picking_type_id=self.icu.warehouse_id.in_type_id.id,
            partner_id=partner and partner.id,
        )
        picking._action_done()
        self.assertEqual(picking.state, "done")
        return picking

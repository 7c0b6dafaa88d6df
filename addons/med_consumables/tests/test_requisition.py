from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .requisition_case import RequisitionCase


@tagged("post_install", "-at_install")
class TestRequisition(RequisitionCase):
    def test_from_the_question_to_the_shelf(self):
        requisition = self._issued(12)
        self.assertEqual(requisition.state, "issued")
        self.assertEqual(self._on_hand(), 12)
        self._receive(requisition)
        self.assertEqual(requisition.state, "received")
        line = requisition.line_ids
        self.assertEqual(
            (line.asked_qty, line.approved_qty, line.issued_qty, line.received_qty),
            (12, 12, 12, 12),
        )
        self.assertEqual(requisition.received_by_id, self.nurse)
        self.assertEqual(line.fill_rate, 1)

    def test_the_store_picks_what_expires_first(self):
        picking = self._approved(12).sudo().picking_ids
        taken = {row.lot_id.name: row.quantity for row in picking.move_line_ids}
        self.assertEqual(taken, {"SOON": 10, "LATE": 2})

    def test_a_requisition_has_a_number_and_its_transfer_bears_it(self):
        requisition = self._approved(1)
        self.assertRegex(requisition.name, r"^LY\d{4}-\d{4}")
        picking = requisition.sudo().picking_ids
        self.assertEqual(picking.origin, requisition.name)
        self.assertEqual(
            picking.action_view_med_requisition()["res_id"], requisition.id
        )
        action = requisition.with_user(self.storekeeper).action_view_transfers()
        self.assertEqual(action["res_id"], picking.id)

    def test_an_urgent_request_is_picked_first(self):
        self.assertEqual(
            self._approved(1, urgent=True).sudo().picking_ids.priority, "1"
        )

    def test_who_asks_does_not_approve(self):
        requisition = self._asked(5, user=self.head)
        with self.assertRaisesRegex(UserError, "yourself"):
            requisition.action_approve()
        self.assertEqual(requisition.state, "asked")

    def test_a_nurse_does_not_approve(self):
        requisition = self._asked(5, user=self.head)
        with self.assertRaisesRegex(UserError, "Only the manager"):
            requisition.with_user(self.nurse).action_approve()

    def test_a_department_without_a_manager_approves_its_own(self):
        self.icu.manager_id = False
        requisition = self._asked(5)
        requisition.action_approve()
        self.assertEqual(requisition.state, "approved")

    def test_the_manager_is_told_and_changes_the_quantity(self):
        requisition = self._asked(12)
        self.assertEqual(requisition.sudo().activity_ids.user_id, self.head)
        requisition = requisition.with_user(self.head)
        requisition.line_ids.approved_qty = 7
        requisition.action_approve()
        self.assertFalse(requisition.sudo().activity_ids)
        self.assertEqual(requisition.sudo().picking_ids.move_ids.product_uom_qty, 7)
        self._issue(requisition)
        self.assertAlmostEqual(requisition.line_ids.fill_rate, 7 / 12)

    def test_a_refusal_has_a_reason_and_may_be_asked_again(self):
        requisition = self._asked(12)
        self._reason(requisition, "refuse", self.head, "Use up the old ones first")
        self.assertEqual(requisition.state, "refused")
        self.assertEqual(requisition.closing_reason, "Use up the old ones first")
        requisition.action_redraft()
        self.assertEqual(requisition.state, "draft")

    def test_a_part_is_issued_and_the_rest_is_a_back_order(self):
        requisition = self._approved(12)
        self._issue(requisition, 6)
        self.assertEqual(requisition.state, "partial")
        self._receive(requisition)
        self.assertEqual(requisition.state, "partial")
        self._issue(requisition)
        self.assertEqual(requisition.state, "issued")
        self._receive(requisition)
        self.assertEqual(requisition.state, "received")
        self.assertEqual(requisition.line_ids.received_qty, 12)
        self.assertEqual(requisition.picking_count, 2)

    def test_what_the_store_will_not_send_later_lowers_the_fill_rate(self):
        requisition = self._approved(12)
        self._issue(requisition, 6, backorder=False)
        self.assertEqual(requisition.state, "issued")
        self.assertEqual(requisition.fill_rate, 0.5)

    def test_cancelling_stops_the_transfer_and_keeps_the_reason(self):
        requisition = self._approved(12)
        self._reason(requisition, "cancel", self.nurse)
        self.assertEqual(requisition.state, "cancelled")
        self.assertEqual(requisition.closing_reason, "Asked twice")
        self.assertEqual(requisition.sudo().picking_ids.state, "cancel")

    def test_cancelling_the_rest_keeps_what_was_issued(self):
        requisition = self._approved(12)
        self._issue(requisition, 6)
        self._reason(requisition, "cancel", self.nurse)
        self.assertEqual(requisition.state, "issued")
        self.assertEqual(requisition.line_ids.issued_qty, 6)

    def test_a_transfer_cancelled_by_the_store_cancels_the_request(self):
        requisition = self._approved(12)
        requisition.with_user(self.storekeeper).picking_ids.action_cancel()
        self.assertEqual(requisition.state, "cancelled")
        self.assertTrue(requisition.closing_reason)

    def test_what_did_not_arrive_goes_back_to_the_books_of_the_store(self):
        requisition = self._issued(12)
        with self.assertRaisesRegex(UserError, "Say what is missing"):
            self._receive(requisition, 10)
        self._receive(requisition, 10, reason="Two are not on the trolley")
        self.assertEqual(requisition.state, "received")
        self.assertEqual(requisition.line_ids.short_qty, 2)
        back = requisition.sudo().picking_ids.filtered("med_reason")
        self.assertEqual(back.state, "assigned")
        self.assertEqual(self._on_hand(), 10)
        self._issue(requisition)
        self.assertEqual(requisition.line_ids.returned_qty, 2)
        self.assertEqual(requisition.line_ids.issued_qty, 12)

    def test_more_than_was_issued_does_not_arrive(self):
        with self.assertRaisesRegex(UserError, "not more than that can arrive"):
            self._receive(self._issued(12), 13)

    def test_a_return_names_lot_and_reason_and_waits_for_the_store(self):
        requisition = self._issued(12)
        self._receive(requisition)
        wizard = self._wizard(
            "med.requisition.return", requisition, reason="Asked too much"
        )
        rows = {line.lot_id.name: line for line in wizard.line_ids}
        self.assertEqual(
            {name: row.most for name, row in rows.items()}, {"SOON": 10, "LATE": 2}
        )
        rows["LATE"].quantity = 2
        wizard.action_confirm()
        self._issue(requisition)
        self.assertEqual(self._on_hand(self.late), 0)
        self.assertEqual(requisition.line_ids.returned_qty, 2)
        self.assertEqual(requisition.line_ids.fill_rate, 1)

    def test_no_more_comes_back_than_was_issued_or_is_still_there(self):
        requisition = self._issued(12)
        self._receive(requisition)
        wizard = self._wizard("med.requisition.return", requisition, reason="Too much")
        row = wizard.line_ids.filtered(lambda line: line.lot_id == self.late)
        row.quantity = 3
        with self.assertRaisesRegex(UserError, "At most 2"):
            wizard.action_confirm()
        self._use(12)
        self._post()
        row.quantity = 2
        with self.assertRaisesRegex(UserError, "holds 0"):
            wizard.action_confirm()

    def test_two_returns_do_not_send_the_same_piece_back_twice(self):
        requisition = self._issued(12)
        self._receive(requisition)
        wizards = [
            self._wizard("med.requisition.return", requisition, reason="Too much")
            for _ in range(2)
        ]
        for wizard in wizards:
            wizard.line_ids.quantity = 0
            wizard.line_ids.filtered(lambda line: line.lot_id == self.late).quantity = 2
        wizards[0].action_confirm()
        with self.assertRaisesRegex(UserError, "At most 0"):
            wizards[1].action_confirm()

    def test_a_substitute_counts_for_the_item_and_keeps_the_reason(self):
        other = self._product("Gloves, other maker")
        self._in_store(50, self._lot("OTHER", product=other), other)
        requisition = self._approved(30)
        line = requisition.line_ids
        wizard = (
            self.env["med.requisition.substitute"]
            .with_user(self.storekeeper)
            .create(
                {
                    "requisition_line_id": line.id,
                    "product_id": other.id,
                    "quantity": 10,
                    "reason": "Out of stock",
                }
            )
        )
        wizard.action_confirm()
        self._issue(requisition)
        self.assertEqual(requisition.state, "issued")
        self.assertEqual(line.issued_qty, 30)
        self.assertEqual(line.substitute_ids, other)
        self.assertEqual(line.substitution_reason, "Out of stock")

    def test_a_substitute_for_all_of_it_does_not_cancel_the_request(self):
        other = self._product("Gloves, other maker")
        self._in_store(50, self._lot("OTHER", product=other), other)
        requisition = self._approved(12)
        wizard = (
            self.env["med.requisition.substitute"]
            .with_user(self.storekeeper)
            .create(
                {
                    "requisition_line_id": requisition.line_ids.id,
                    "product_id": other.id,
                    "reason": "Out of stock",
                }
            )
        )
        self.assertEqual(wizard.quantity, 12)
        wizard.action_confirm()
        self.assertEqual(requisition.state, "approved")
        self._issue(requisition)
        self.assertEqual(requisition.line_ids.issued_qty, 12)
        self.assertEqual(self._on_hand(), 0)

    def _instead(self, requisition, substitute, quantity=None, **values):
        wizard = (
            self.env["med.requisition.substitute"]
            .with_user(self.storekeeper)
            .create(
                {
                    "requisition_line_id": requisition.line_ids.id,
                    "product_id": substitute.id,
                    "reason": "Out of stock",
                    **({"quantity": quantity} if quantity else {}),
                }
            )
        )
        wizard.action_confirm()
        return wizard

    def test_a_substitute_goes_out_in_the_ratio_of_its_link(self):
        small = self._product("Small")
        self._in_store(50, self._lot("SMALL", product=small), small)
        self.env["med.substitute"].create(
            {"product_id": self.gloves.id, "substitute_id": small.id, "ratio": 2}
        )
        requisition = self._approved(12)
        line = requisition.sudo().line_ids
        wizard = self._instead(requisition, small, 10)
        self.assertEqual(wizard.issue_quantity, 20)
        move = line.move_ids.filtered(lambda move: move.product_id == small)
        self.assertEqual(move.product_uom_qty, 20)
        self.assertIn("20 ", requisition.message_ids[0].body)
        self._issue(requisition)
        self.assertEqual(line.issued_qty, 12)
        self.assertEqual(line.fill_rate, 1)
        # What was agreed to when it went out counts, whatever the link says later.
        self.env["med.substitute"].search(
            [("product_id", "=", self.gloves.id)]
        ).unlink()
        wizard = self._wizard("med.requisition.return", requisition, reason="Too much")
        wizard.line_ids.filtered(lambda row: row.product_id == small).quantity = 4
        wizard.action_confirm()
        self._issue(requisition)
        self.assertEqual(line.returned_qty, 2)

    def test_missing_pieces_of_a_substitute_go_back_in_its_ratio(self):
        small = self._product("Small")
        self._in_store(50, self._lot("SMALL", product=small), small)
        self.env["med.substitute"].create(
            {"product_id": self.gloves.id, "substitute_id": small.id, "ratio": 2}
        )
        requisition = self._approved(12)
        self._instead(requisition, small)
        self._issue(requisition)
        self._receive(requisition, 10, reason="Four are missing")
        back = requisition.sudo().picking_ids.filtered("med_reason").move_ids
        self.assertEqual((back.product_id, back.product_uom_qty), (small, 4))

    def test_half_as_many_of_a_larger_one_go_out_for_small_ones(self):
        self.env["med.substitute"].create(
            {
                "product_id": self.masks.id,
                "substitute_id": self.gloves.id,
                "ratio": 2,
                "symmetric": True,
            }
        )
        self._in_store(50, self._lot("M", product=self.masks), self.masks)
        requisition = self._approved(8)
        self._instead(requisition, self.masks)
        self._issue(requisition)
        moves = requisition.sudo().line_ids.move_ids
        move = moves.filtered(lambda each: each.state == "done")
        self.assertEqual((move.product_id, move.quantity), (self.masks, 4))
        self.assertEqual(requisition.line_ids.issued_qty, 8)

    def test_a_linked_substitute_may_be_counted_in_another_unit(self):
        rinse = self._product("Rinse", uom_id=self.env.ref("uom.product_uom_litre").id)
        self._in_store(50, self._lot("R", product=rinse), rinse)
        self.env["med.substitute"].create(
            {"product_id": self.gloves.id, "substitute_id": rinse.id, "ratio": 0.5}
        )
        requisition = self._approved(12)
        self._instead(requisition, rinse)
        self._issue(requisition)
        self.assertEqual(requisition.line_ids.issued_qty, 12)

    def test_a_substitute_is_counted_in_a_related_unit(self):
        litres = self._product("Rinse", uom_id=self.env.ref("uom.product_uom_litre").id)
        requisition = self._approved(12)
        wizard = self.env["med.requisition.substitute"].create(
            {
                "requisition_line_id": requisition.line_ids.id,
                "product_id": litres.id,
                "reason": "None",
            }
        )
        with self.assertRaisesRegex(UserError, "cannot count for it"):
            wizard.action_confirm()

    def test_nothing_is_asked_for_nothing(self):
        with self.assertRaisesRegex(UserError, "asks for nothing"):
            self._draft(1, line_ids=[]).action_ask()
        with self.assertRaisesRegex(UserError, "more than zero"):
            self._draft(0).action_ask()

    def test_state_and_quantities_are_moved_by_buttons_alone(self):
        requisition = self._asked(12)
        for values in ({"state": "approved"}, {"approved_by_id": self.nurse.id}):
            with self.assertRaisesRegex(UserError, "Use the buttons"):
                requisition.write(values)
        line = requisition.line_ids
        for values in ({"issued_qty": 1}, {"received_qty": 1}):
            with self.assertRaises(UserError):
                line.write(values)
        draft = self._draft(1).line_ids
        with self.assertRaisesRegex(UserError, "Use the buttons"):
            draft.issued_qty = 1
        with self.assertRaisesRegex(UserError, "Only the manager"):
            line.approved_qty = 100
        with self.assertRaisesRegex(UserError, "cannot be done any more"):
            line.asked_qty = 100
        with self.assertRaisesRegex(UserError, "cannot be done any more"):
            requisition.line_ids = [
                Command.create({"product_id": self.masks.id, "asked_qty": 1})
            ]
        with self.assertRaisesRegex(UserError, "Use the buttons"):
            self._draft(1, state="approved")

    def test_who_approved_and_changes_afterwards_is_refused(self):
        requisition = self._approved(12)
        with self.assertRaisesRegex(UserError, "cannot be done any more"):
            requisition.line_ids.approved_qty = 20

    def test_the_same_button_twice_does_it_once(self):
        requisition = self._approved(12)
        with self.assertRaisesRegex(UserError, "cannot be done any more"):
            requisition.action_approve()
        self.assertEqual(requisition.picking_count, 1)

    def test_two_receipts_of_one_delivery_count_once(self):
        requisition = self._approved(12)
        self._issue(requisition, 6)
        first = self._wizard("med.requisition.receipt", requisition)
        second = self._wizard("med.requisition.receipt", requisition, self.head)
        first.action_confirm()
        with self.assertRaisesRegex(UserError, "confirmed"):
            second.action_confirm()
        self.assertEqual(requisition.line_ids.received_qty, 6)

    def test_another_ward_neither_cancels_nor_receives(self):
        requisition = self._issued(12)
        with self.assertRaises(AccessError):
            self._receive(requisition, user=self.er_nurse)
        with self.assertRaises(AccessError):
            self._reason(requisition, "cancel", self.er_nurse)

    def test_hours_from_the_question_to_the_receipt(self):
        requisition = self._issued(12)
        self._receive(requisition)
        requisition.sudo().received_at = requisition.asked_at + timedelta(minutes=90)
        self.assertEqual(requisition.hours_to_receipt, 1.5)
        self.assertEqual(requisition.line_ids.hours_to_receipt, 1.5)

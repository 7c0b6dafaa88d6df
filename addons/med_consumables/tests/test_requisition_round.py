from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .requisition_case import RequisitionCase


@tagged("post_install", "-at_install")
class TestRequisitionRound(RequisitionCase):
    """The store walks once for several departments; each gets its own transfer."""

    def setUp(self):
        super().setUp()
        self.one = self._approved(4)
        asked = self._draft(3, user=self.er_nurse, department_id=self.er.id)
        asked.action_ask()
        self.other = asked.with_user(self.er_head)
        self.other.action_approve()

    def _round(self, *requisitions):
        both = self.env["med.requisition"].union(*requisitions)
        action = both.with_user(self.storekeeper).action_make_round()
        return (
            self.env["stock.picking.batch"]
            .with_user(self.storekeeper)
            .browse(action["res_id"])
        )

    def test_a_round_holds_the_transfer_of_each_department(self):
        round_ = self._round(self.one, self.other)
        self.assertEqual(round_.state, "in_progress")
        self.assertEqual(round_.user_id, self.storekeeper)
        self.assertEqual(round_.picking_ids, (self.one | self.other).picking_ids)
        self.assertEqual(round_.med_requisition_ids, self.one | self.other)
        self.assertEqual(self.one.sudo().round_id, round_)
        for ward in (self.icu, self.er):
            self.assertIn(ward.name, round_.description)

    def test_validating_the_round_issues_every_request_first_expired_first(self):
        round_ = self._round(self.one, self.other)
        round_.action_done()
        self.assertEqual(round_.state, "done")
        self.assertEqual(self.one.state, "issued")
        self.assertEqual(self.other.state, "issued")
        self.assertEqual(self._on_hand(self.soon), 4)
        self.assertEqual(self._on_hand(self.soon, self.er), 3)

    def test_what_was_not_picked_is_a_back_order_of_its_department(self):
        round_ = self._round(self.one, self.other)
        for move, picked in zip(round_.move_ids, (1, 3), strict=True):
            move.write({"quantity": picked, "picked": True})
        round_.with_context(skip_backorder=True).action_done()
        self.assertEqual(self.one.state, "partial")
        self.assertEqual(self.other.state, "issued")
        left = self.one.picking_ids.filtered(lambda p: p.state != "done")
        self.assertEqual(left.move_ids.product_uom_qty, 3)
        self.assertFalse(left.batch_id)

    def test_the_pick_list_of_a_round_shows_each_lot_once_with_its_shares(self):
        round_ = self._round(self.one, self.other)
        (row,) = round_.med_requisition_ids._pick_rows(round_._med_pick_moves())
        self.assertEqual((row.lot, row.quantity), ("SOON", "7"))
        self.assertIn("Intensive Care 4", row.wards)
        self.assertIn("Emergency 3", row.wards)
        page = self.env["ir.actions.report"]._render_qweb_html(
            "med_consumables.report_round_pick_list", round_.ids
        )[0]
        self.assertIn(round_.name, page.decode())
        self.assertIn("SOON", page.decode())

    def test_a_request_is_on_one_round_at_a_time(self):
        self._round(self.one)
        with self.assertRaisesRegex(UserError, "waits for a round"):
            self._round(self.one)
        later = self._round(self.one, self.other)
        self.assertEqual(later.med_requisition_ids, self.other)

    def test_a_cancelled_round_frees_its_requests(self):
        self._round(self.one, self.other).action_cancel()
        self.assertFalse(self.one.sudo().round_id)
        again = self._round(self.one, self.other)
        self.assertEqual(again.med_requisition_count, 2)

    def test_a_cancelled_request_leaves_its_round(self):
        round_ = self._round(self.one, self.other)
        self._reason(self.one, "cancel", self.nurse)
        self.assertEqual(self.one.state, "cancelled")
        round_.action_done()
        self.assertEqual(self.other.state, "issued")

    def test_drafts_and_loans_are_picked_in_no_round(self):
        with self.assertRaisesRegex(UserError, "approved"):
            self._round(self._draft(2))

    def test_only_the_store_makes_rounds_and_the_auditor_reads_them(self):
        round_ = self._round(self.one)
        with self.assertRaises(AccessError):
            self.other.with_user(self.er_nurse).action_make_round()
        self.assertEqual(round_.with_user(self.auditor).med_requisition_count, 1)
        with self.assertRaises(AccessError):
            round_.with_user(self.auditor).description = "x"
        with self.assertRaises(AccessError):
            round_.with_user(self.nurse).read(["name"])

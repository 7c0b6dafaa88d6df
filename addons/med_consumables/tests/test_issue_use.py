from datetime import timedelta

from odoo.tests import tagged

from .requisition_case import RequisitionCase


@tagged("post_install", "-at_install")
class TestExpensed(RequisitionCase):
    """An expensed department has used what the store issues."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.icu.stock_keeping = "expensed"

    def _ledger(self):
        return self.env["med.consumption"].search([("source", "=", "issue")])

    def test_an_issue_is_use_with_its_lots(self):
        requisition = self._issued(12)
        lines = self._ledger()
        self.assertEqual(
            {line.lot_name: line.quantity for line in lines}, {"SOON": 10, "LATE": 2}
        )
        self.assertEqual(set(lines.mapped("kind")), {"use"})
        self.assertIn(requisition.sudo().picking_ids.name, lines[0].note)
        self._post()
        self.assertEqual(set(lines.mapped("state")), {"posted"})
        self.assertEqual(self._on_hand(), 0)

    def test_the_same_transfer_told_twice_is_used_once(self):
        requisition = self._issued(12)
        moves = requisition.sudo().picking_ids.move_ids
        for line in moves.move_line_ids:
            line.date += timedelta(seconds=1)
        moves._med_use_on_issue()
        self.assertEqual(len(self._ledger()), 2)

    def test_a_perpetual_department_uses_nothing_by_an_issue(self):
        self.icu.stock_keeping = "perpetual"
        self._issued(12)
        self.assertFalse(self._ledger())

    def test_moving_within_the_shelf_is_no_second_use(self):
        self._issued(5)
        cabinet = self.env["stock.location"].create(
            {"name": "Cabinet", "location_id": self.icu.stock_location_id.id}
        )
        shelf = self.icu.stock_location_id
        move = self.env["stock.move"].create(
            {
                "product_id": self.gloves.id,
                "product_uom_qty": 1,
                "location_id": shelf.id,
                "location_dest_id": cabinet.id,
            }
        )
        move._action_confirm()
        move._action_assign()
        move.picked = True
        move._action_done()
        self.assertEqual(len(self._ledger()), 1)

    def test_a_return_gives_the_use_back_on_the_same_lot(self):
        requisition = self._issued(12)
        self._receive(requisition)
        wizard = self._wizard("med.requisition.return", requisition, reason="Too much")
        wizard.line_ids.filtered(lambda row: row.lot_id == self.soon).quantity = 4
        wizard.action_confirm()
        self._issue(requisition)
        back = self._ledger().filtered(lambda line: line.kind == "return")
        self.assertEqual(back.state, "posted")
        self.assertEqual((back.quantity, back.lot_id), (4, self.soon))
        self.assertEqual(back.reversal_of_id.lot_name, "SOON")
        self._post()
        self.assertEqual(self._on_hand(), 0)
        net = sum(
            -line.quantity if line.kind == "return" else line.quantity
            for line in self._ledger()
        )
        self.assertEqual(net, 8)

    def test_two_returns_of_one_lot_have_keys_of_their_own(self):
        requisition = self._issued(12)
        self._receive(requisition)
        for _turn in range(2):
            wizard = self._wizard(
                "med.requisition.return", requisition, reason="Too much"
            )
            wizard.line_ids.filtered(lambda row: row.lot_id == self.soon).quantity = 3
            wizard.action_confirm()
        back = self._ledger().filtered(lambda line: line.kind == "return")
        self.assertEqual(back.mapped("quantity"), [3, 3])

    def test_what_did_not_arrive_was_not_used(self):
        requisition = self._issued(12)
        self._receive(requisition, 10, reason="Two are missing")
        self._issue(requisition)
        returned = self._ledger().filtered(lambda line: line.kind == "return")
        self.assertEqual(sum(returned.mapped("quantity")), 2)

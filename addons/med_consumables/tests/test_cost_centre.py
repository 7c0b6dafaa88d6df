from odoo.tests import tagged

from .common import ConsumablesCase


@tagged("post_install", "-at_install")
class TestCostCentre(ConsumablesCase):
    def _analytic_lines(self):
        return self.env["account.analytic.line"].search(
            [("product_id", "=", self.gloves.id)]
        )

    def _move(self, source, destination, quantity=2):
        move = self.env["stock.move"].create(
            {
                "product_id": self.gloves.id,
                "product_uom": self.gloves.uom_id.id,
                "product_uom_qty": quantity,
                "location_id": source.id,
                "location_dest_id": destination.id,
            }
        )
        move._action_confirm()
        move._action_assign()
        return move

    def test_a_posted_use_is_one_analytic_line_of_the_cost_centre(self):
        self._stock(10, self._lot("A"))
        self._use(4)
        self._post()
        line = self._analytic_lines()
        column = self.plan._column_name()
        self.assertEqual(line[column], self.icu.analytic_account_id)
        self.assertEqual((line.amount, line.unit_amount), (-10.0, 4.0))
        self.assertEqual(line.category, "med_consumption")
        self.assertEqual(line.general_account_id, self.expense)
        self.assertTrue(line.name)
        self.assertEqual(line.med_department_id, self.icu)

    def test_a_picked_and_then_cancelled_move_leaves_no_cost_behind(self):
        self._stock(10, self._lot("A"))
        move = self._move(self.icu.stock_location_id, self.icu.consumption_location_id)
        move.picked = True
        self.assertFalse(self._analytic_lines())
        move._action_cancel()
        self.assertFalse(self._analytic_lines())

    def test_a_transfer_between_shelves_bears_no_cost(self):
        self._stock(10, self._lot("A"))
        move = self._move(self.icu.stock_location_id, self.er.stock_location_id)
        move.picked = True
        move._action_done()
        self.assertEqual(move.state, "done")
        self.assertFalse(self._analytic_lines())

    def test_a_move_that_somebody_makes_by_hand_bears_the_cost_too(self):
        self._stock(10, self._lot("A"))
        move = self._move(self.icu.stock_location_id, self.icu.consumption_location_id)
        move.picked = True
        move._action_done()
        self.assertEqual(self._analytic_lines().amount, -5.0)

    def test_a_department_without_cost_centre_posts_without_analytic_line(self):
        self.icu.analytic_account_id = False
        self._stock(10, self._lot("A"))
        line = self._use(4)
        self._post()
        self.assertEqual(line.value, 10.0)
        self.assertFalse(self._analytic_lines())

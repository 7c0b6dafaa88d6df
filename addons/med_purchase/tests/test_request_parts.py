from odoo.fields import Command
from odoo.tests import tagged

from .common import PurchaseCase


@tagged("post_install", "-at_install")
class TestRequestParts(PurchaseCase):
    """A request for 100 is bought in parts; each brings what the buyer entered."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.request = cls._approved(quantity=100)
        cls.line = cls.request.sudo().line_ids

    def _wizard(self, quantity=None, order=None, request=None):
        request = request or self.request
        wizard = (
            self.env["purchase.request.line.make.purchase.order"]
            .with_user(self.buyer)
            .with_context(active_model="purchase.request", active_ids=request.ids)
            .create(
                {
                    "supplier_id": self.vendor.id,
                    "purchase_order_id": order and order.id,
                }
            )
        )
        if quantity:
            wizard.item_ids.product_qty = quantity
        return wizard

    def _part(self, quantity, **values):
        before = self.line.purchase_lines
        self._wizard(quantity, **values).make_purchase_order()
        return (self.line.purchase_lines - before).order_id.with_user(self.buyer)

    def _confirm(self, order):
        order.button_confirm()
        return order.state

    def test_two_suppliers_bring_what_was_requested_and_no_more(self):
        first, second = self._part(40), self._part(60)
        self.assertEqual(first.order_line.product_qty, 40)
        self.assertEqual(second.order_line.product_qty, 60)
        self.assertEqual(self._confirm(first), "purchase")
        self.assertEqual(self._confirm(second), "purchase")

    def test_the_next_order_proposes_what_is_left(self):
        self._part(40)
        self.assertEqual(self._wizard().item_ids.product_qty, 60)

    def test_a_cancelled_order_is_proposed_anew(self):
        self._part(40).button_cancel()
        self.assertEqual(self._wizard().item_ids.product_qty, 100)

    def test_the_rest_of_an_order_that_was_cut_is_ordered(self):
        order = self._part(100)
        self._confirm(order)
        self._receive(order, 60)
        order.button_unlock()
        order.order_line.product_qty = 60
        rest = self._part(None)
        self.assertEqual(rest.order_line.product_qty, 40)
        self.assertEqual(self._confirm(rest), "purchase")
        self._receive(rest)
        self.assertEqual(self.request.sudo().state, "done")

    def test_the_rest_is_still_on_its_way_for_the_reorder_rule(self):
        rule = self.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": self.gloves.id,
                "location_id": self.warehouse.lot_stock_id.id,
                "warehouse_id": self.warehouse.id,
                "trigger": "manual",
                "product_min_qty": 10,
                "product_max_qty": 100,
            }
        )
        self.line.orderpoint_id = rule
        self.assertEqual(rule._quantity_in_progress()[rule.id], 100)
        order = self._part(40)
        self.assertEqual(rule._quantity_in_progress()[rule.id], 100)
        self._confirm(order)
        self.assertEqual(rule._med_on_the_way()[rule], 100)
        second = self._part(60)
        self.assertEqual(rule._med_on_the_way()[rule], 100)
        second.button_cancel()
        self.assertEqual(rule._med_on_the_way()[rule], 100)
        self.line.cancelled = True
        self.assertEqual(rule._med_on_the_way()[rule], 40)

    def test_a_line_given_up_is_not_on_its_way(self):
        self.line.orderpoint_id = rule = self.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": self.gloves.id,
                "location_id": self.warehouse.lot_stock_id.id,
            }
        )
        self.line.with_user(self.buyer).do_cancel()
        self.assertEqual(rule._quantity_in_progress()[rule.id], 0)

    def test_the_second_part_is_confirmed_after_the_first_came(self):
        first = self._part(40)
        self._confirm(first)
        self._receive(first)
        second = self._part(60)
        self.assertEqual(self._confirm(second), "purchase")

    def test_ordering_all_of_it_twice_goes_to_an_approver(self):
        first, second = self._part(100), self._part(100)
        # Quotations of two suppliers are compared, neither binds.
        self.assertFalse((first | second).filtered("med_above_request"))
        self.assertEqual(self._confirm(first), "purchase")
        self.assertIn("100.0 on other lines", second.med_above_request)
        self.assertEqual(self._confirm(second), "to approve")

    def test_parts_raised_by_hand_count_with_the_others(self):
        first = self._part(40)
        first.order_line.product_qty = 60
        self.assertEqual(self._confirm(first), "purchase")
        second = self._part(60)
        self.assertEqual(self._confirm(second), "to approve")

    def test_two_lines_of_one_order_count_together(self):
        order = self._part(70)
        extra = self._part(70)
        extra.order_line.order_id = order
        self.assertEqual(len(order.order_line), 2)
        self.assertTrue(order.med_above_request)

    def test_what_was_ordered_by_hand_stays_when_a_request_is_added(self):
        shares = self.line.analytic_distribution
        order = (
            self.env["purchase.order"]
            .with_user(self.buyer)
            .create(
                {
                    "partner_id": self.vendor.id,
                    "picking_type_id": self.warehouse.in_type_id.id,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": self.gloves.id,
                                "product_qty": 30,
                                "analytic_distribution": shares,
                            }
                        )
                    ],
                }
            )
        )
        self._part(40, order=order)
        self.assertEqual(order.order_line.mapped("product_qty"), [70])

    def test_a_part_added_to_an_order_line_adds_just_that(self):
        order = self._part(40)
        other = self._approved(quantity=80)
        self._wizard(70, order=order, request=other).make_purchase_order()
        self.assertEqual(order.order_line.mapped("product_qty"), [110])
        self.assertFalse(order.med_above_request)
        allotted = other.sudo().line_ids.purchase_request_allocation_ids
        self.assertEqual(allotted.requested_product_uom_qty, 70)

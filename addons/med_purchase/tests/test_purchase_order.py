from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import PurchaseCase


@tagged("post_install", "-at_install")
class TestPurchaseOrder(PurchaseCase):
    """An order is confirmed by its button and stays what was agreed to."""

    def _rfq(self, user=None, quantity=10):
        return (
            self.env["purchase.order"]
            .with_user(user or self.buyer)
            .create(
                {
                    "partner_id": self.vendor.id,
                    "picking_type_id": self.warehouse.in_type_id.id,
                    "order_line": [
                        Command.create(
                            {"product_id": self.gloves.id, "product_qty": quantity}
                        )
                    ],
                }
            )
        )

    def _confirmed(self, **values):
        order = self._rfq(**values)
        order.button_confirm()
        self.assertEqual(order.state, "purchase")
        return order

    def test_a_quotation_by_hand_names_whom_it_is_bought_for(self):
        line = self._rfq().order_line
        self.assertEqual(line.analytic_distribution, {str(self.store_centre.id): 100.0})

    # ---- confirming --------------------------------------------------------------

    def test_the_button_confirms_locks_and_makes_the_receipt(self):
        order = self._confirmed()
        self.assertTrue(order.date_approve)
        self.assertTrue(order.locked)
        self.assertEqual(len(order.picking_ids), 1)

    def test_the_state_is_not_written_over_rpc(self):
        order = self._rfq()
        for user in (self.buyer, self.approver):
            with self.assertRaises(AccessError):
                self._rpc(user, order, "write", {"state": "purchase"})
        self.assertEqual(order.state, "draft")

    def test_an_order_is_not_created_confirmed(self):
        values = {"partner_id": self.vendor.id}
        none = self.env["purchase.order"]
        with self.assertRaises(AccessError):
            self._rpc(self.buyer, none, "create", [{**values, "state": "purchase"}])
        with self.assertRaises(AccessError):
            self._rpc(
                self.buyer,
                none,
                "create",
                [values],
                context={"default_state": "purchase"},
            )

    def test_who_may_only_read_orders_confirms_none(self):
        order = self._rfq()
        for method in ("button_confirm", "button_approve", "button_cancel"):
            with self.assertRaises(AccessError):
                self._rpc(self.requester, order, method)

    def test_what_decides_on_approval_and_budget_is_not_entered(self):
        order = self._rfq()
        for values in (
            {"amount_total": 0.0},
            {"currency_rate": 1000.0},
            {"date_approve": "2020-01-01"},
        ):
            with self.assertRaises(AccessError):
                self._rpc(self.buyer, order, "write", values)
        for values in (
            {"price_subtotal": 0.0},
            {"product_uom_qty": 0.0},
            {"qty_received": 10.0},
        ):
            with self.assertRaises(AccessError):
                self._rpc(self.buyer, order.order_line, "write", values)

    # ---- after confirming --------------------------------------------------------

    def test_a_buyer_does_not_raise_a_confirmed_order(self):
        line = self._confirmed().order_line
        for values in (
            {"product_qty": 100},
            {"price_unit": 99.0},
            {"product_id": self._product("Stent", price=9000).id},
            {"tax_ids": [Command.clear()]},
            {"analytic_distribution": {str(self.or_centre.id): 100}},
        ):
            with self.assertRaises(UserError):
                self._rpc(self.buyer, line, "write", values)
            with self.assertRaises(UserError):
                self._rpc(
                    self.buyer,
                    line.order_id,
                    "write",
                    {"order_line": [Command.update(line.id, values)]},
                )

    def test_a_buyer_does_not_add_to_a_confirmed_order(self):
        order, draft = self._confirmed(), self._rfq()
        values = {"product_id": self.gloves.id, "product_qty": 5, "order_id": order.id}
        with self.assertRaises(UserError):
            self._rpc(self.buyer, order.order_line.browse(), "create", [values])
        with self.assertRaises(UserError):
            self._rpc(self.buyer, draft.order_line, "write", {"order_id": order.id})

    def test_a_buyer_does_not_change_currency_or_vendor_of_a_confirmed_order(self):
        order = self._confirmed()
        other = self.env["res.partner"].create({"name": "Somebody else"})
        with self.assertRaises(UserError):
            self._rpc(self.buyer, order, "write", {"partner_id": other.id})

    def test_a_buyer_may_lower_a_confirmed_order(self):
        line = self._confirmed().order_line
        line.with_user(self.buyer).product_qty = 6
        self.assertEqual(line.product_qty, 6)

    def test_an_approver_may_amend_a_confirmed_order(self):
        line = self._confirmed().order_line
        line.with_user(self.approver).product_qty = 20
        self.assertEqual(line.product_qty, 20)

    def test_a_confirmed_order_is_left_by_its_buttons_only(self):
        order = self._confirmed()
        for state in ("draft", "sent", "cancel"):
            with self.assertRaises(AccessError):
                self._rpc(self.buyer, order, "write", {"state": state})
        with self.assertRaises(UserError):
            self._rpc(self.buyer, order, "button_draft")
        order.button_unlock()
        order.button_cancel()
        self.assertEqual(order.state, "cancel")
        self.assertEqual(order.sudo().picking_ids.mapped("state"), ["cancel"])
        order.button_draft()
        self.assertEqual(order.state, "draft")

    # ---- what was approved -------------------------------------------------------

    def test_more_than_was_approved_goes_to_an_approver(self):
        order = self._order(self._approved(quantity=10))
        order.order_line.product_qty = 7777
        self.assertIn("7777", order.med_above_request)
        order.button_confirm()
        self.assertEqual(order.state, "to approve")
        order.button_approve()
        self.assertEqual(order.state, "to approve")
        order.with_user(self.approver).button_approve()
        self.assertEqual(order.state, "purchase")

    def test_the_approved_quantity_is_confirmed_by_the_buyer(self):
        order = self._order(self._approved(quantity=10))
        self.assertFalse(order.med_above_request)
        order.button_confirm()
        self.assertEqual(order.state, "purchase")

    def test_every_role_opens_an_order(self):
        order = self._order(self._approved())
        order.button_confirm()
        for user in (self.buyer, self.approver, self.auditor):
            self._read_form(order.with_user(user))

    # ---- native ways -------------------------------------------------------------

    def test_the_scheduler_still_makes_quotations(self):
        orderpoint = self.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": self.gloves.id,
                "location_id": self.warehouse.lot_stock_id.id,
                "warehouse_id": self.warehouse.id,
                "product_min_qty": 10,
                "product_max_qty": 50,
            }
        )
        self._use_buy_route(self.gloves)
        orderpoint._procure_orderpoint_confirm(company_id=self.company)
        line = self.env["purchase.order.line"].search(
            [("product_id", "=", self.gloves.id)]
        )
        self.assertEqual(line.order_id.state, "draft")
        self.assertEqual(line.product_qty, 50)
        self.assertEqual(line.analytic_distribution, {str(self.store_centre.id): 100.0})
        orderpoint.product_max_qty = 80
        orderpoint.product_min_qty = 60
        orderpoint._procure_orderpoint_confirm(company_id=self.company)
        self.assertEqual(sum(line.order_id.order_line.mapped("product_qty")), 80)

    def test_receiving_what_was_not_ordered_commits_nothing(self):
        order = self._confirmed()
        # Natively a storekeeper who buys nothing cannot receive it at all.
        self.storekeeper.group_ids |= self.env.ref("purchase.group_purchase_user")
        picking = order.sudo().picking_ids.with_user(self.storekeeper)
        extra = self._product("Free sample")
        self.env["stock.move"].with_user(self.storekeeper).create(
            {
                "picking_id": picking.id,
                "product_id": extra.id,
                "product_uom": extra.uom_id.id,
                "product_uom_qty": 3,
                "quantity": 3,
                "picked": True,
                "location_id": picking.location_id.id,
                "location_dest_id": picking.location_dest_id.id,
            }
        )
        self._receive(order)
        line = order.order_line.filtered(lambda each: each.product_id == extra)
        self.assertEqual((line.product_qty, line.qty_received), (0, 3))

from odoo import Command, fields

from .common import ConsumablesCase


class TestCostOfReceipt(ConsumablesCase):
    """A hospital gets no input tax back, so goods cost what was paid with it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tax = cls.env["account.tax"].create(
            {
                "name": "13 % not deductible",
                "amount": 13.0,
                "type_tax_use": "purchase",
                "price_include_override": "tax_excluded",
            }
        )
        cls.vendor = cls.env["res.partner"].create({"name": "Test supplier"})
        cls.gloves.write(
            {
                "tracking": "none",
                "use_expiration_date": False,
                "purchase_method": "purchase",
            }
        )
        journals = cls.env["account.journal"]
        if not journals.search([("type", "=", "purchase")], limit=1):
            journals.create({"name": "Bills", "code": "MBILL", "type": "purchase"})
        for name, kind in (
            ("property_account_payable_id", "liability_payable"),
            ("property_account_receivable_id", "asset_receivable"),
        ):
            cls.vendor[name] = cls.env["account.account"].create(
                {"name": kind, "code": f"MED{kind[:4]}", "account_type": kind}
            )
        cls.gloves.categ_id.property_account_expense_categ_id = cls.expense

    def _received(self, quantity, price):
        order = self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.gloves.id,
                            "product_qty": quantity,
                            "price_unit": price,
                            "tax_ids": [Command.set(self.tax.ids)],
                        }
                    )
                ],
            }
        )
        order.button_confirm()
        for move in order.picking_ids.move_ids:
            move.write({"quantity": move.product_uom_qty, "picked": True})
        order.picking_ids.button_validate()
        return order

    def _billed(self, order):
        order.action_create_invoice()
        bill = order.invoice_ids
        bill.invoice_date = fields.Date.today()
        bill.action_post()
        return bill

    def test_goods_are_received_at_their_cost_with_lost_tax(self):
        order = self._received(1000, 0.50)
        self.assertAlmostEqual(order.picking_ids.move_ids.value, 565.0)
        self.assertAlmostEqual(self.gloves.standard_price, 0.565)

    def test_posting_the_bill_does_not_make_stock_cheaper(self):
        order = self._received(10, 2.0)
        self._billed(order)
        self.assertAlmostEqual(order.picking_ids.move_ids.value, 22.6)

    def test_a_bill_at_another_price_revalues_with_its_lost_tax(self):
        order = self._received(10, 2.0)
        order.order_line.price_unit = 3.0
        self._billed(order)
        self.assertAlmostEqual(order.picking_ids.move_ids.value, 33.9)

    def test_goods_that_are_no_consumables_keep_odoos_way(self):
        self.gloves.med_consumable = False
        order = self._received(1000, 0.50)
        self.assertAlmostEqual(order.picking_ids.move_ids.value, 570.0)

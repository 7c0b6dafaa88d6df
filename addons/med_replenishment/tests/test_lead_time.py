from datetime import timedelta

from odoo import fields
from odoo.fields import Command

from .common import ReplenishmentCase


class TestLeadTime(ReplenishmentCase):
    def _receive(self, days, vendor=None, draft_days=0):
        """An order approved ``days`` before it was received, today."""
        now = fields.Datetime.now()
        order = self.env["purchase.order"].create(
            {
                "partner_id": (vendor or self.vendor).id,
                "company_id": self.company.id,
                "date_order": now - timedelta(days=days + draft_days),
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.gloves.id,
                            "product_qty": 5,
                            "price_unit": 1,
                        }
                    )
                ],
            }
        )
        order.button_confirm()
        order.date_approve = now - timedelta(days=days)
        for move in order.picking_ids.move_ids:
            move.quantity = move.product_uom_qty
            move.picked = True
        order.picking_ids._action_done()
        return order

    def _supply(self):
        orderpoint = self._orderpoint(department=self.store)
        return orderpoint._med_supplies()[orderpoint]

    def test_without_receipts_the_promise_holds(self):
        supply = self._supply()
        self.assertEqual((supply.lead.mean, supply.receipts), (4, 0))

    def test_days_to_purchase_of_the_company_are_added(self):
        self.company.days_to_purchase = 3
        self.assertEqual(self._supply().promised, 7)

    def test_receipts_move_the_lead_time_from_the_promise(self):
        for days in (10, 14):
            self._receive(days)
        supply = self._supply()
        self.assertEqual(supply.receipts, 2)
        # Promised 4 counts as four receipts: (4 * 4 + 2 * 12) / 6.
        self.assertAlmostEqual(supply.lead.mean, 40 / 6, places=3)
        self.assertGreater(supply.lead.deviation, 1)

    def test_the_time_before_the_approval_is_not_the_vendors(self):
        self._receive(4, draft_days=30)
        self.assertAlmostEqual(self._supply().lead.mean, 4, places=3)

    def test_another_vendors_receipts_do_not_count(self):
        self._receive(40, vendor=self.env["res.partner"].create({"name": "Other"}))
        self.assertEqual(self._supply().receipts, 0)

    def test_goods_sent_back_are_no_receipt(self):
        order = self._receive(10)
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=order.picking_ids.id, active_model="stock.picking")
            .create({})
        )
        wizard.product_return_moves.quantity = 5
        back = wizard._create_return()
        back.move_ids.write({"quantity": 5, "picked": True})
        back._action_done()
        self.assertEqual(self._supply().receipts, 1)

    def test_the_vendors_smallest_order_is_taken_over(self):
        self.gloves.seller_ids.min_qty = 30
        self.assertEqual(self._supply().least, 30)

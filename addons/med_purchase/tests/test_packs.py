from odoo.fields import Command
from odoo.tests import tagged

from .common import PurchaseCase


@tagged("post_install", "-at_install")
class TestPacks(PurchaseCase):
    """The vendor sells boxes of 10 at 22.00; the store counts pieces."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.box = cls.env["uom.uom"].create(
            {
                "name": "box of 10",
                "relative_factor": 10,
                "relative_uom_id": cls.gloves.uom_id.id,
            }
        )
        cls.gloves.uom_ids = cls.box
        cls.gloves.standard_price = 9.99
        cls.gloves.seller_ids.write({"product_uom_id": cls.box.id, "price": 22.0})

    def test_a_request_costs_whole_boxes(self):
        line = self._request(quantity=25).line_ids
        self.assertEqual(line.estimated_cost, 74.58)  # 3 boxes, 13 % lost tax

    def test_the_quotation_asks_for_whole_boxes_at_the_price_of_a_box(self):
        line = self._order(self._approved(quantity=25)).order_line
        self.assertEqual(line.product_uom_id, self.box)
        self.assertEqual(line.product_qty, 3)
        self.assertEqual(line.price_unit, 22.0)

    def test_two_requests_share_a_box(self):
        order = self._order(self._approved(quantity=5))
        second = self._approved(quantity=5)
        self.env["purchase.request.line.make.purchase.order"].with_user(
            self.buyer
        ).with_context(active_model="purchase.request", active_ids=second.ids).create(
            {"supplier_id": self.vendor.id, "purchase_order_id": order.id}
        ).make_purchase_order()
        self.assertEqual(order.order_line.mapped("product_qty"), [1])

    def test_the_vendors_minimum_is_in_boxes(self):
        self.gloves.seller_ids.min_qty = 4
        line = self._order(self._approved(quantity=25)).order_line
        self.assertEqual(line.product_qty, 4)

    def test_whole_boxes_are_no_more_than_was_approved(self):
        order = self._order(self._approved(quantity=25))
        self.assertFalse(order.med_above_request)
        order.order_line.product_qty = 4
        self.assertTrue(order.med_above_request)

    def test_the_receipt_is_counted_in_pieces_and_closes_the_request(self):
        request = self._approved(quantity=25)
        order = self._order(request)
        order.button_confirm()
        picking = self._receive(order)
        self.assertEqual(picking.move_ids.product_qty, 30)
        self.assertEqual(request.state, "done")
        self.assertAlmostEqual(picking.sudo().move_ids.value, 74.58)

    def test_a_hand_made_line_in_pieces_takes_a_tenth_of_the_price(self):
        order = (
            self.env["purchase.order"]
            .with_user(self.buyer)
            .create(
                {
                    "partner_id": self.vendor.id,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": self.gloves.id,
                                "product_uom_id": self.gloves.uom_id.id,
                                "product_qty": 7,
                            }
                        )
                    ],
                }
            )
        )
        self.assertEqual(order.order_line.price_unit, 2.2)

    def test_a_price_per_piece_needs_no_whole_boxes(self):
        self.gloves.seller_ids.write(
            {"product_uom_id": self.gloves.uom_id.id, "price": 2.5}
        )
        line = self._order(self._approved(quantity=7)).order_line
        self.assertEqual(
            (line.product_uom_id, line.product_qty, line.price_unit),
            (self.gloves.uom_id, 7, 2.5),
        )

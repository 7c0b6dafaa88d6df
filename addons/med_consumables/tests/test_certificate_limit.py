from psycopg2.errors import CheckViolation

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_certificate import CertificateCase


class LimitCase(CertificateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gloves.tracking = "none"
        cls.buyer = cls._user("limit_buyer", "purchase.group_purchase_user")

    def _order(self, quantity, unit=None, product=None):
        return self.env["purchase.order"].create(
            {
                "partner_id": self.supplier.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": (product or self.gloves).id,
                            "product_qty": quantity,
                            "product_uom_id": (unit or self.gloves.uom_id).id,
                        }
                    )
                ],
            }
        )

    def _note(self, order):
        return " ".join(str(body) for body in order.message_ids.mapped("body"))


@tagged("post_install", "-at_install")
class TestCertificateLimit(LimitCase):
    """A certificate of 10 gloves."""

    def setUp(self):
        super().setUp()
        self.limited = self._certificate(quantity_limit=10)
        self._licence()

    def _receive(self, order, quantity):
        picking = order.picking_ids.filtered(lambda p: p.state != "done")
        picking.move_ids.write({"quantity": quantity, "picked": True})
        picking.with_context(skip_backorder=True)._action_done()
        return picking

    def _figures(self):
        self.limited.invalidate_recordset()
        one = self.limited
        return one.quantity_received, one.quantity_ordered, one.quantity_left

    def test_what_came_and_what_is_on_order_use_up_the_limit(self):
        order = self._order(6)
        order.button_confirm()
        self.assertEqual(self._figures(), (0, 6, 4))
        self._receive(order, 4)
        self.assertEqual(self._figures(), (4, 2, 4))
        self.assertFalse(self.limited.over_limit)

    def test_an_order_past_the_limit_warns_and_says_by_how_much(self):
        self._order(6).button_confirm()
        order = self._order(7)
        order.button_confirm()
        self.assertIn("exceed it by 3", self._note(order))
        self.assertEqual(self._figures(), (0, 13, -3))
        over = self.env["med.certificate"].search([("over_limit", "=", True)])
        self.assertIn(self.limited, over)
        rest = self.env["med.certificate"].search([("over_limit", "=", False)])
        self.assertNotIn(self.limited, rest)

    def test_a_policy_to_block_stops_the_order_past_the_limit(self):
        self.company.med_certificate_order = "block"
        self._order(10).with_user(self.buyer).button_confirm()
        with self.assertRaisesRegex(UserError, "covers 10 .* exceed it by 1"):
            self._order(1).with_user(self.buyer).button_confirm()

    def test_units_are_those_of_the_item(self):
        self.company.med_certificate_order = "block"
        dozen = self.env.ref("uom.product_uom_dozen")
        with self.assertRaisesRegex(UserError, "12 more would exceed it by 2"):
            self._order(1, dozen).button_confirm()

    def test_more_than_was_ordered_may_not_come_past_the_limit(self):
        order = self._order(10)
        order.button_confirm()
        self.company.med_certificate_receipt = "block"
        with self.assertRaisesRegex(UserError, "exceed it by 1"):
            self._receive(order, 11)
        self._receive(order, 10)
        self.assertEqual(self._figures(), (10, 0, 0))

    def test_a_second_certificate_without_a_limit_covers_the_rest(self):
        self.company.med_certificate_order = "block"
        self._certificate(name="国械注准20213149999")
        self._order(50).button_confirm()

    def test_two_items_under_one_certificate_share_its_limit(self):
        self.company.med_certificate_order = "block"
        masks = self._product("Masks", tracking="none", med_management_class="2")
        self.limited.product_ids += masks.product_tmpl_id
        order = self._order(6)
        order.order_line = [Command.create({"product_id": masks.id, "product_qty": 5})]
        with self.assertRaisesRegex(UserError, "Masks.*exceed it by 1"):
            order.button_confirm()

    def test_a_limit_is_no_negative_number(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
            self.limited.quantity_limit = -1
            self.env.flush_all()


@tagged("post_install", "-at_install")
class TestUnlicensedSupplier(LimitCase):
    """A supplier of whom no licence was ever entered."""

    def setUp(self):
        super().setUp()
        self._certificate()

    def test_by_default_the_order_warns(self):
        order = self._order(1)
        order.button_confirm()
        self.assertIn("has no licence on record", self._note(order))

    def test_a_policy_to_block_stops_it_and_off_lets_it_pass(self):
        self.company.med_certificate_licence = "block"
        with self.assertRaisesRegex(UserError, "has no licence on record"):
            self._order(1).button_confirm()
        self.company.med_certificate_licence = "off"
        order = self._order(1)
        order.button_confirm()
        self.assertNotIn("no licence", self._note(order))

    def test_an_item_without_a_class_asks_for_no_licence(self):
        self.company.med_certificate_licence = "block"
        self.gloves.med_management_class = False
        self._order(1).button_confirm()

    def test_one_licence_of_the_supplier_is_enough(self):
        self.company.med_certificate_licence = "block"
        self._licence()
        self._order(1).button_confirm()

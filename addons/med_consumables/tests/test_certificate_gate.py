from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .test_certificate import CertificateCase


@tagged("post_install", "-at_install")
class TestCertificateGate(CertificateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.buyer = cls._user("cert_buyer", "purchase.group_purchase_user")
        cls.keeper = cls._user("cert_keeper", "med_consumables.group_storekeeper")

    def _order(self, products=None):
        return self.env["purchase.order"].create(
            {
                "partner_id": self.supplier.id,
                "order_line": [
                    Command.create({"product_id": product.id, "product_qty": 2})
                    for product in (products or self.gloves)
                ],
            }
        )

    def _receipt(self, lot="NEW", made=None):
        """The receipt of an order that the gate let pass, its lot named."""
        order = self._order()
        self.company.med_certificate_order = "off"
        order.button_confirm()
        picking = order.picking_ids
        picking.move_line_ids.write(
            {
                "lot_name": lot,
                "med_production_date": made,
                "expiration_date": fields.Datetime.now() + timedelta(days=300),
            }
        )
        picking.move_ids.picked = True
        return picking

    def _notes(self, record):
        return " ".join(str(body) for body in record.message_ids.mapped("body"))

    def _state(self, day=None):
        [(state, _certificate)] = self.template._med_covered(
            {self.template: day}
        ).values()
        return state

    def test_states_of_an_item(self):
        self.assertEqual(self._state(), "missing")
        self._certificate(-900, -1, name="A")
        self.assertEqual(self._state(), "expired")
        self._certificate(name="B")
        self.assertEqual(self._state(), "valid")
        day = self.today + timedelta(days=900)
        self.assertEqual(self._state(day), "expired")

    def test_an_item_without_class_needs_no_certificate(self):
        self.gloves.med_management_class = False
        self.assertEqual(self._state(), "valid")

    def test_by_default_an_order_warns_and_keeps_the_warning(self):
        self._certificate(-900, -1)
        order = self._order()
        order.with_user(self.buyer).button_confirm()
        self.assertIn(order.state, ("purchase", "to approve"))
        note = self._notes(order)
        for words in ("Gloves", "苏械注准20202640001", "Enter its renewal"):
            self.assertIn(words, note)

    def test_a_policy_to_block_stops_the_order_and_says_why(self):
        self.company.med_certificate_order = "block"
        order = self._order()
        with self.assertRaisesRegex(UserError, "has no registration certificate"):
            order.with_user(self.buyer).button_confirm()
        self._certificate()
        self._licence()
        order.with_user(self.buyer).button_confirm()
        self.assertNotIn("Certificates to look at", self._notes(order))

    def test_no_other_way_to_confirm_goes_round_it(self):
        self.company.med_certificate_order = "block"
        order = self._order().with_user(self.buyer)
        for confirm in (
            order.button_approve,
            lambda: order.button_approve(force=True),
            lambda: order.write({"state": "purchase"}),
        ):
            with self.assertRaises(UserError):
                confirm()
        self.assertEqual(order.state, "draft")

    def test_a_policy_that_is_off_says_nothing(self):
        self.company.med_certificate_order = "off"
        order = self._order()
        order.with_user(self.buyer).button_confirm()
        self.assertNotIn("certificate", self._notes(order))

    def test_an_expired_licence_of_the_supplier_stops_the_order(self):
        self._certificate()
        self._licence(-900, -1)
        self.company.med_certificate_order = "block"
        with self.assertRaisesRegex(UserError, "Kangheng.*Operating licence"):
            self._order().button_confirm()
        self._licence(name="苏药监械经营许20260002号")
        self._order().button_confirm()

    def test_the_catalogue_asks_the_same_gate(self):
        self.assertEqual(len(self.template._med_check_certificates("catalogue")), 1)
        self.company.med_certificate_catalogue = "block"
        with self.assertRaisesRegex(UserError, "Gloves"):
            self.template._med_check_certificates("catalogue")
        self.company.med_certificate_catalogue = "off"
        self.assertEqual(self.template._med_check_certificates("catalogue"), [])

    def test_receipt_warns_and_blocks_by_policy(self):
        self._certificate(-900, -1)
        picking = self._receipt("L1")
        picking.with_user(self.keeper).button_validate()
        self.assertEqual(picking.state, "done")
        self.assertIn("Enter its renewal", self._notes(picking))
        self.company.med_certificate_receipt = "block"
        picking = self._receipt("L2")
        with self.assertRaisesRegex(UserError, "was valid until"):
            picking.with_user(self.keeper).button_validate()
        picking.sudo().med_override_reason = "Decided by the committee"
        picking.with_user(self.keeper).button_validate()
        self.assertEqual(picking.state, "done")

    def test_what_was_made_under_a_valid_certificate_may_be_received(self):
        self._certificate(-900, -10)
        self.company.med_certificate_receipt = "block"
        made = self.today - timedelta(days=100)
        with self.assertRaises(UserError):
            self._receipt("L1", made).button_validate()
        self.company.med_certificate_by_production = True
        picking = self._receipt("L2", made)
        picking.button_validate()
        self.assertEqual(picking.state, "done")
        with self.assertRaises(UserError):
            self._receipt("L3", self.today - timedelta(days=5)).button_validate()
        with self.assertRaises(UserError):
            self._receipt("L4", None).button_validate()

    def test_a_certificate_of_another_company_covers_nothing_here(self):
        other = self.env["res.company"].create({"name": "Other hospital"})
        self._certificate(company_id=other.id)
        self.assertEqual(self._state(), "missing")

    def test_a_long_order_is_judged_in_few_queries(self):
        products = self.env["product.product"].create(
            [
                {
                    "name": f"Item {number}",
                    "med_consumable": True,
                    "med_management_class": "2",
                }
                for number in range(200)
            ]
        )
        self._certificate(
            -900, -1, product_ids=[Command.set(products.product_tmpl_id.ids)]
        )
        counts = []
        for some in (products[:1], products):
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            troubles = some.product_tmpl_id._med_certificate_troubles()
            counts.append(self.cr.sql_log_count - before)
            self.assertEqual(len(troubles), len(some))
        self.assertLessEqual(counts[1], counts[0] + 3)

from odoo.fields import Command
from odoo.tests import tagged

from .common import ConsumablesCase


@tagged("post_install", "-at_install")
class TestAuditPrices(ConsumablesCase):
    """Who changed a price or a parameter of the system, from what to what."""

    def setUp(self):
        super().setUp()
        self.admin = self._user(
            "ap_admin",
            "med_consumables.group_administrator,purchase.group_purchase_user",
        )

    def _trail(self, record, **values):
        domain = [("model", "=", record._name), ("res_id", "=", record.id)]
        domain += [(name, "=", value) for name, value in values.items()]
        return self.env["med.audit.entry"].search(domain, order="id")

    def test_a_cost_that_a_person_sets_is_kept(self):
        self.gloves.with_user(self.admin).standard_price = 3.25
        entry = self._trail(self.gloves, field_name="standard_price")
        self.assertEqual((entry.old_value, entry.new_value), ("2.5", "3.25"))
        self.assertEqual((entry.user_id, entry.company_id), (self.admin, self.company))

    def test_a_cost_that_a_receipt_averages_is_no_change_by_a_person(self):
        order = self.env["purchase.order"].create(
            {
                "partner_id": self.env["res.partner"].create({"name": "Maker"}).id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self._product("Masks", tracking="none").id,
                            "product_qty": 5,
                            "price_unit": 9,
                        }
                    )
                ],
            }
        )
        order.button_confirm()
        order.picking_ids.move_ids.write({"quantity": 5, "picked": True})
        order.picking_ids._action_done()
        masks = order.order_line.product_id
        self.assertNotEqual(masks.standard_price, 2.5)
        self.assertFalse(self._trail(masks, field_name="standard_price"))

    def test_a_supplier_s_price_is_kept_with_item_and_supplier(self):
        offer = self.env["product.supplierinfo"].create(
            {
                "partner_id": self.env["res.partner"].create({"name": "Maker"}).id,
                "product_tmpl_id": self.gloves.product_tmpl_id.id,
                "price": 10,
            }
        )
        self.assertEqual(
            self._trail(offer, action="create").record_name, "Gloves · Maker"
        )
        offer.with_user(self.admin).price = 12
        entry = self._trail(offer, field_name="price")
        self.assertEqual((entry.old_value, entry.new_value), ("10.0", "12.0"))
        offer.unlink()
        self.assertIn("12.0", self._trail(offer, action="unlink").old_value)

    def test_how_far_a_job_has_read_is_no_setting(self):
        self.env["ir.config_parameter"].sudo().set_param("a.job_seen_until", "today")
        entries = self.env["med.audit.entry"].sudo()
        self.assertFalse(entries.search([("record_name", "=", "a.job_seen_until")]))

    def test_a_parameter_is_kept_and_of_a_secret_only_that_it_changed(self):
        parameters = self.env["ir.config_parameter"].sudo()
        for key, before, after in (
            ("med_test.limit", "5", "7"),
            ("med_test.secret", "hush", "hush hush"),
        ):
            parameters.set_param(key, before)
            parameters.set_param(key, after)
            changed = self._trail(
                parameters.search([("key", "=", key)]), field_name="value"
            )
            self.assertEqual(changed.record_name, key)
            self.assertEqual(changed.subject, "policy")
            seen = (changed.old_value, changed.new_value)
            self.assertEqual(seen, ("•••", "•••") if "secret" in key else ("5", "7"))
        everything = self.env["med.audit.entry"].search(
            [("record_name", "=", "med_test.secret")]
        )
        for entry in everything:
            self.assertNotIn("hush", f"{entry.old_value} {entry.new_value}")

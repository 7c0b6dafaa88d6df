from datetime import timedelta

from odoo import fields
from odoo.tests import new_test_user, tagged

from .kinds_case import KindsCase


@tagged("post_install", "-at_install")
class TestCounts(KindsCase):
    """How many alerts are open, on the form of what they are about."""

    def test_on_the_lot_and_its_item_and_department(self):
        lot = self._lot(10)
        self._stock(5, lot=lot)
        alert = self._found(self._rule("expiry", 30))
        for record in (lot, self.gloves, self.gloves.product_tmpl_id, self.icu):
            self.assertEqual(record.med_alert_count, 1, record._name)
        action = lot.action_view_med_alerts()
        self.assertEqual(self.env["med.alert"].search(action["domain"]), alert)

    def test_on_the_supplier(self):
        supplier = self.env["res.partner"].create({"name": "Test supplier"})
        self.env["med.certificate"].create(
            {
                "name": "LIC-2",
                "kind": "operating_licence",
                "partner_id": supplier.id,
                "valid_to": fields.Date.today() + timedelta(days=5),
            }
        )
        alert = self._found(self._rule("licence", 30), False)
        self.assertEqual(supplier.med_alert_count, 1)
        action = supplier.action_view_med_alerts()
        self.assertIn(alert, self.env["med.alert"].search(action["domain"]))

    def test_whoever_may_see_no_alerts_counts_none(self):
        lot = self._lot(10)
        self._stock(5, lot=lot)
        self._found(self._rule("expiry", 30))
        clerk = new_test_user(self.env, "clerk", groups="stock.group_stock_user")
        self.assertEqual(lot.with_user(clerk).med_alert_count, 0)

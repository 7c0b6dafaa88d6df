from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.tests import TransactionCase
from odoo.tools import mute_logger


class TestCompany(TransactionCase):
    def test_a_new_company_has_a_short_horizon(self):
        company = self.env["res.company"].create({"name": "New hospital"})
        self.assertEqual(company.horizon_days, 7)

    def test_at_installation_only_odoos_own_default_is_shortened(self):
        untouched, chosen = self.env["res.company"].create(
            [
                {"name": "Untouched", "horizon_days": 365},
                {"name": "Chosen", "horizon_days": 60},
            ]
        )
        self.env["res.company"]._med_shorten_horizon()
        self.assertEqual((untouched.horizon_days, chosen.horizon_days), (7, 60))

    def test_the_installed_company_has_a_short_horizon(self):
        self.assertLessEqual(self.env.ref("base.main_company").horizon_days, 30)

    def test_stock_that_expires_later_than_the_horizon_is_not_bought_again(self):
        company = self.env.company
        company.horizon_days = 7
        product = self.env["product.product"].create(
            {
                "name": "Suture",
                "is_storable": True,
                "tracking": "lot",
                "use_expiration_date": True,
            }
        )
        lot = self.env["stock.lot"].create(
            {
                "name": "L1",
                "product_id": product.id,
                "expiration_date": fields.Datetime.now() + timedelta(days=100),
            }
        )
        shelf = (
            self.env["stock.warehouse"]
            .search([("company_id", "=", company.id)], limit=1)
            .lot_stock_id
        )
        self.env["stock.quant"]._update_available_quantity(
            product, shelf, 50, lot_id=lot
        )
        orderpoint = self.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": product.id,
                "location_id": shelf.id,
                "product_min_qty": 10,
                "product_max_qty": 20,
                "route_id": self._supplied_by_nobody().id,
            }
        )
        self.assertEqual(orderpoint.qty_to_order, 0)
        # What Odoo's own year would do: the whole lot is missing.
        company.horizon_days = 365
        self.env.invalidate_all()
        orderpoint._compute_qty_to_order_computed()
        self.assertEqual(orderpoint.qty_to_order, 20)

    def _supplied_by_nobody(self):
        """A route without a rule: no lead time of its own is added."""
        return self.env["stock.route"].create({"name": "None"})

    def test_service_levels_are_shares_below_one(self):
        company = self.env["res.company"].create({"name": "New hospital"})
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            company.med_service_v = 1.0
            company.flush_recordset()

    def test_vital_essential_desirable_and_without_class(self):
        company = self.env["res.company"].create({"name": "New hospital"})
        levels = [company._med_service_level(ved) for ved in ("V", "E", "D", False)]
        self.assertEqual(levels, [0.99, 0.97, 0.90, 0.97])

from psycopg2 import IntegrityError

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

    def test_stock_that_expires_in_a_year_is_there_next_week(self):
        """What a horizon of a year would do: see the comment at the constant."""
        company = self.env.ref("base.main_company")
        self.assertLess(company.horizon_days, 365)

    def test_service_levels_are_shares_below_one(self):
        company = self.env["res.company"].create({"name": "New hospital"})
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            company.med_service_v = 1.0
            company.flush_recordset()

    def test_vital_essential_desirable_and_without_class(self):
        company = self.env["res.company"].create({"name": "New hospital"})
        levels = [company._med_service_level(ved) for ved in ("V", "E", "D", False)]
        self.assertEqual(levels, [0.99, 0.97, 0.90, 0.97])

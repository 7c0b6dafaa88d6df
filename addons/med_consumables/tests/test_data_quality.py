from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ConsumablesCase

CODED = {
    "med_hospital_code": "YX1",
    "med_charge_code": "330",
    "med_insurance_code": "C14040210400000",
    "med_chargeable": True,
}


@tagged("post_install", "-at_install")
class TestDataQuality(ConsumablesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = "med_consumables.group_"
        cls.storekeeper = cls._user("storekeeper", group + "storekeeper")
        cls.manager = cls._user("manager", group + "ward_manager", [cls.icu])
        cls.icu.manager_id = cls.manager
        cls.owner = cls._user("owner", group + "storekeeper")
        cls.env["product.template"].search([]).med_consumable = False
        cls.gloves.write({"med_consumable": True, **CODED})
        cls.gloves.med_data_owner_id = cls.owner
        cls.env["med.udi"].create({"di": "1", "product_id": cls.gloves.id})

    def _take(self, days=0):
        """Look at the data; ``days`` from now."""
        company = type(self.company)
        day = company._med_day
        with patch.object(
            company, "_med_day", lambda c, moment: day(c, moment + timedelta(days=days))
        ):
            self.env["med.data.quality"]._take(self.company)

    def _figure(self, scope="hospital", **values):
        return self.env["med.data.quality"].search(
            [("scope", "=", scope), *((k, "=", v) for k, v in values.items())],
            order="day desc",
            limit=1,
        )

    def _open(self):
        return self.env["med.data.fault"].search([("until", "=", False)])

    def test_data_in_order_have_a_full_score(self):
        self._stock(5, self._lot("A"))
        self._take()
        self.assertEqual(self._figure().score, 100)
        self.assertFalse(self._open())

    def test_each_kind_of_fault_is_found(self):
        self._product("Nameless", med_chargeable=True)
        self._product("Gloves, ")
        twin = self._product("Drape", med_hospital_code="yx1")
        self.env["med.udi"].create(
            {"di": "2", "product_id": twin.id, "pack_level": "case", "base_units": 1}
        )
        self._stock(5)
        lot = self._lot("A")
        lot.expiration_date = False
        self._stock(5, lot)
        self._stock(-2, self._lot("B"), department=self.er)
        self._take()
        self.assertEqual(
            set(self._open().mapped("kind")),
            {
                *("hospital_code", "charge_code", "insurance_code", "di"),
                *("duplicate_code", "near_name", "unit_conflict"),
                *("missing_lot", "missing_expiry", "negative_stock"),
            },
        )
        for fault in self._open():
            self.assertTrue(fault.text)
            self.assertIn(
                fault.action_open()["res_model"],
                ("product.product", "stock.lot", "stock.quant"),
            )

    def test_items_belong_to_their_owner_and_stock_to_the_department(self):
        self.gloves.med_charge_code = False
        self._stock(-2, self._lot("B"))
        self._take()
        by_kind = {fault.kind: fault for fault in self._open()}
        self.assertEqual(by_kind["charge_code"].user_id, self.owner)
        self.assertFalse(by_kind["charge_code"].department_id)
        self.assertEqual(by_kind["negative_stock"].user_id, self.manager)
        self.assertEqual(by_kind["negative_stock"].department_id, self.icu)

    def test_every_figure_of_every_day_has_the_list_that_adds_up_to_it(self):
        self._product("Nameless", med_chargeable=True)
        self._stock(-2, self._lot("B"))
        self._take()
        self.gloves.med_charge_code = False
        self._take(days=1)
        self.gloves.med_charge_code = "330"
        self.env["stock.quant"].search(
            [("product_id", "=", self.gloves.id)]
        ).sudo().quantity = 4
        self._take(days=2)
        figures = self.env["med.data.quality"].search([])
        self.assertEqual(len(set(figures.mapped("day"))), 3)
        self.assertGreater(len(set(figures.mapped("faulty"))), 1)
        for figure in figures:
            for line in figure.line_ids:
                domain = line.action_view_faults()["domain"]
                self.assertEqual(
                    self.env["med.data.fault"].search_count(domain), line.faulty
                )
            domain = figure.action_view_faults()["domain"]
            self.assertEqual(
                self.env["med.data.fault"].search_count(domain), figure.faulty
            )
            self.assertEqual(sum(figure.line_ids.mapped("faulty")), figure.faulty)

    def test_the_score_follows_its_formula(self):
        self.gloves.med_charge_code = False
        self._take()
        lines = self._figure().line_ids
        weights = sum(lines.mapped("weight"))
        expected = sum(line.weight * line.share for line in lines) / weights
        self.assertAlmostEqual(self._figure().score, expected, 1)
        self.assertLess(self._figure().score, 100)

    def test_a_fault_that_is_mended_is_closed_and_one_that_stays_keeps_its_day(self):
        self.gloves.write({"med_charge_code": False, "med_insurance_code": False})
        self._take()
        since = self._open()[:1].since
        self.gloves.med_charge_code = "330"
        self._take(days=3)
        self.assertEqual(self._open().mapped("kind"), ["insurance_code"])
        self.assertEqual(self._open().since, since)

    def test_looking_twice_on_a_day_makes_one_figure(self):
        self._take()
        self._take()
        self.assertEqual(
            self.env["med.data.quality"].search_count([("scope", "=", "hospital")]), 1
        )

    def test_what_is_said_to_be_right_counts_no_more_until_looked_at_again(self):
        self._product("Gloves ", **{**CODED, "med_hospital_code": "YX2"})
        self._take()
        near = self._open().filtered(lambda fault: fault.kind == "near_name")
        near.with_user(self.storekeeper).action_accept()
        self._take(days=1)
        self.assertNotIn("near_name", self._open().mapped("kind"))
        near.with_user(self.storekeeper).action_reconsider()
        self._take(days=2)
        self.assertIn("near_name", self._open().mapped("kind"))

    def test_negative_stock_is_never_right(self):
        self._stock(-2, self._lot("B"))
        self._take()
        with self.assertRaisesRegex(UserError, "always a fault"):
            self._open().with_user(self.storekeeper).action_accept()

    def test_each_role(self):
        self.gloves.med_charge_code = False
        self._take()
        auditor = self._user("auditor", "med_consumables.group_auditor")
        quality = self.env["med.data.quality"]
        self.assertTrue(quality.with_user(auditor).search([]).line_ids.mapped("kind"))
        self.assertTrue(self._open().with_user(auditor).mapped("text"))
        quality.with_user(self.storekeeper).action_take()
        with self.assertRaises(AccessError):
            quality.with_user(auditor).action_take()
        with self.assertRaises(AccessError):
            self._open().with_user(auditor).action_accept()
        for model in ("med.data.quality", "med.data.quality.line", "med.data.fault"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(self.manager).search([])
            with self.assertRaises(AccessError):
                self.env[model].with_user(self.storekeeper).create({})

    def test_another_hospital_has_its_own_figures(self):
        other = self.env["res.company"].create({"name": "Other hospital"})
        self.env["med.data.quality"]._take(other)
        self._take()
        seen = self.env["med.data.quality"].with_user(self.storekeeper).search([])
        self.assertEqual(seen.company_id, self.company)

    def test_many_items_cost_no_more_queries_than_few(self):
        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["med.data.check"]._run(self.company)
            return self.env.cr.sql_log_count - before

        for number in range(5):
            self._stock(1, product=self._product(f"Few {number}"))
        few = queries()
        for number in range(40):
            self._stock(1, product=self._product(f"Many {number}"))
        self.assertLessEqual(queries(), few + 2)

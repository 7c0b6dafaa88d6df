from datetime import date

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import ConsumptionCase


@tagged("post_install", "-at_install", "med")
class TestConsumptionReport(ConsumptionCase):
    def test_row_of_the_report_is_a_line_of_the_ledger(self):
        line = self._post(self._use(self.icu, self.stent, 2, encounter_token="v1"))
        row = self._report()
        self.assertEqual(row.ids, line.ids)
        self.assertRecordValues(
            row,
            [
                {
                    "day": date(2026, 3, 10),
                    "department_id": self.icu.id,
                    "analytic_account_id": self.icu.analytic_account_id.id,
                    "product_id": self.stent.id,
                    "categ_id": self.implants.id,
                    "value_class": "high",
                    "implant": True,
                    "kind": "use",
                    "state": "posted",
                    "quantity": 2.0,
                    "value": 16000.0,
                    "uncosted": 0,
                    "company_id": self.company.id,
                }
            ],
        )

    def test_totals_equal_those_of_the_ledger_and_of_the_cost_centres(self):
        self._mixed_use()
        total = self._totals([])
        ledger = self.env["med.consumption"].search(
            [("department_id", "in", (self.icu | self.er).ids)]
        )
        centres = self.env["account.analytic.line"].search(
            [("med_department_id", "in", (self.icu | self.er).ids)]
        )
        self.assertAlmostEqual(total["value"], sum(ledger.mapped("value")), 2)
        self.assertAlmostEqual(total["value"], -sum(centres.mapped("amount")), 2)

    def test_figures_of_each_department_and_category_add_up_to_the_total(self):
        self._mixed_use()
        report = self.env["med.consumption.report"]
        groups = report._read_group(
            [("department_id", "in", (self.icu | self.er).ids)],
            ["department_id", "categ_id"],
            ["value:sum"],
        )
        by_cell = {(dep, categ): value for dep, categ, value in groups}
        self.assertEqual(by_cell[self.icu, self.dressings], 2.5 * (100 + 10 - 40))
        self.assertEqual(by_cell[self.er, self.implants], 8000.0)
        self.assertEqual(sum(by_cell.values()), self._totals([])["value"])

    def test_return_counts_negative_and_waste_is_told_apart(self):
        self._mixed_use()
        gloves = self._totals([("product_id", "=", self.gloves.id)])
        self.assertEqual(gloves["quantity"], 100 + 10 - 40)
        self.assertEqual(gloves["waste_value"], 25.0)

    def test_line_that_is_not_posted_is_counted_as_without_cost(self):
        self._use(self.icu, self.gloves, 3)
        self._use(self.icu, self.gloves, 4, historical=True)
        total = self._totals([])
        self.assertEqual(
            (total["quantity"], total["value"], total["uncosted"]), (7.0, 0.0, 2)
        )

    def test_use_after_midnight_in_shanghai_belongs_to_the_new_day(self):
        self._use(self.icu, self.gloves, 1, "2026-03-31 16:30")
        self.assertEqual(self._report().day, date(2026, 4, 1))

    def test_day_is_the_one_of_the_cost_centre(self):
        self._post(self._use(self.icu, self.gloves, 1, "2026-03-31 16:30"))
        centre = self.env["account.analytic.line"].search(
            [("med_department_id", "=", self.icu.id)]
        )
        self.assertEqual(self._report().day, centre.date)

    def test_visit_with_many_lines_counts_once(self):
        for token in ("v1", "v1", "v2", False):
            self._use(self.icu, self.gloves, 1, encounter_token=token)
        [(visits,)] = self.env["med.consumption.report"]._read_group(
            [("department_id", "=", self.icu.id)], [], ["visits:count_distinct"]
        )
        self.assertEqual(visits, 2)

    def test_ledger_lines_behind_a_figure_add_up_to_it(self):
        self._mixed_use()
        rows = self._report(("categ_id", "=", self.dressings.id))
        action = rows.action_open_ledger()
        lines = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(sum(lines.mapped("value")), sum(rows.mapped("value")))
        self.assertEqual(lines.ids, rows.ids)

    def test_row_opens_its_line_of_the_ledger(self):
        line = self._use(self.icu, self.gloves, 1)
        action = self._report().action_open_line()
        self.assertEqual((action["res_model"], action["res_id"]), (line._name, line.id))

    def test_report_cannot_be_written(self):
        self._use(self.icu, self.gloves, 1)
        administrator = self._person(
            "test_admin", "med_consumables.group_administrator"
        )
        with self.assertRaises(AccessError):
            self._report(user=administrator).write({"quantity": 5})

    def test_hundred_rows_cost_no_more_queries_than_ten(self):
        def queries(count):
            for _number in range(count):
                self._use(self.icu, self.gloves, 1)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._report().read(["day", "department_id", "product_id", "value"])
            return self.env.cr.sql_log_count - before

        queries(10)  # what is read once and kept
        self.assertEqual(queries(10), queries(90))

    # -- Rights ---------------------------------------------------------------------

    def test_ward_manager_reads_only_their_departments(self):
        self._use(self.icu, self.gloves, 1)
        self._use(self.er, self.gloves, 1)
        manager = self._person(
            "test_wm", "med_consumables.group_ward_manager", self.icu
        )
        self.assertEqual(self._report(user=manager).department_id, self.icu)

    def test_ward_manager_reads_departments_below_theirs(self):
        bay = self._department("TBAY", "Bay 1", parent_id=self.icu.id)
        self._use(bay, self.gloves, 1)
        manager = self._person(
            "test_wm", "med_consumables.group_ward_manager", self.icu
        )
        report = self.env["med.consumption.report"].with_user(manager)
        self.assertEqual(report.search([]).department_id, bay)

    def test_store_finance_and_audit_read_every_department(self):
        self._use(self.icu, self.gloves, 1)
        self._use(self.er, self.gloves, 1)
        for group in (
            "med_consumables.group_storekeeper",
            "med_consumables.group_auditor",
            "med_consumables.group_administrator",
            "med_budget.group_budget_owner",
            "med_replenishment.group_planner",
        ):
            with self.subTest(group=group):
                person = self._person(f"test_{group[-9:]}", group)
                rows = self._report(user=person)
                self.assertEqual(rows.department_id, self.icu | self.er)

    def test_whoever_reads_the_report_reads_the_ledger_behind_it(self):
        self._use(self.icu, self.gloves, 1)
        for group in (
            "med_consumables.group_ward_manager",
            "med_consumables.group_storekeeper",
            "med_consumables.group_auditor",
            "med_budget.group_budget_owner",
            "med_replenishment.group_planner",
        ):
            with self.subTest(group=group):
                person = self._person(f"test_{group[-9:]}", group, self.icu)
                action = self._report(user=person).action_open_ledger()
                lines = self.env["med.consumption"].with_user(person)
                self.assertTrue(lines.search(action["domain"]).mapped("quantity"))

    def test_ward_user_and_employee_have_no_report(self):
        for group in ("med_consumables.group_ward_user", "base.group_user"):
            with self.subTest(group=group), self.assertRaises(AccessError):
                person = self._person(f"test_{group[-9:]}", group, self.icu)
                self._report(user=person)

    def test_lines_of_another_company_are_not_shown(self):
        self._use(self.icu, self.gloves, 1)
        other = self.env["res.company"].create({"name": "Another hospital"})
        storekeeper = self._person("test_keeper", "med_consumables.group_storekeeper")
        storekeeper.write({"company_ids": [(4, other.id)], "company_id": other.id})
        storekeeper.write({"company_ids": [(3, self.company.id)]})
        self.assertFalse(self._report(user=storekeeper))

    # -- Given ----------------------------------------------------------------------

    def _mixed_use(self):
        """Use, waste and a return in the intensive care, a stent in the emergency."""
        used = self._post(self._use(self.icu, self.gloves, 100))
        self._post(self._use(self.icu, self.gloves, 10, kind="waste"))
        self._post(
            self._use(
                self.icu,
                self.gloves,
                40,
                "2026-03-10 06:00",
                kind="return",
                reversal_of_id=used.id,
            )
        )
        self._post(self._use(self.er, self.stent, 1))

    def _totals(self, domain):
        names = ["quantity", "value", "waste_value", "uncosted"]
        [figures] = self.env["med.consumption.report"]._read_group(
            [("department_id", "in", (self.icu | self.er).ids), *domain],
            [],
            [f"{name}:sum" for name in names],
        )
        return dict(zip(names, figures, strict=True))

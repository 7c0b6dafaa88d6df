from datetime import date
from io import BytesIO

import openpyxl
from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from ..core.consumption_workbook import COST, Line
from .common import ConsumptionCase


@tagged("post_install", "-at_install", "med")
class TestConsumptionExport(ConsumptionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._post(cls._use(cls.icu, cls.gloves, 100))
        cls._post(cls._use(cls.icu, cls.stent, 1))
        cls._post(cls._use(cls.er, cls.gloves, 8))
        cls._use(cls.er, cls.gloves, 1, "2026-03-12 02:00")  # not posted yet
        cls._use(cls.er, cls.gloves, 9, "2026-04-01 02:00")  # another month

    def _export(self, user=None, **values):
        model = self.env["med.consumption.export.wizard"].with_user(
            user or self.env.user
        )
        return model.create(
            {
                "date_from": "2026-03-01",
                "date_to": "2026-03-31",
                "department_ids": (self.icu | self.er).ids,
                **values,
            }
        )

    def _workbook(self, export):
        """The downloaded file as its reader sees it."""
        export.action_download()
        content, kind = export.env["ir.actions.report"]._render_xlsx(
            "med_analytics.report_consumption", export.ids, {}
        )
        self.assertEqual(kind, "xlsx")
        return openpyxl.load_workbook(BytesIO(content), data_only=True)

    def _rows(self, sheet, first=2):
        return [
            Line._make(cell.value for cell in row)
            for row in sheet.iter_rows(min_row=first)
        ]

    def test_lines_sheet_holds_the_lines_of_the_period(self):
        book = self._workbook(self._export())
        self.assertEqual(book.sheetnames, ["Summary", "Lines", "About"])
        rows = self._rows(book["Lines"])
        self.assertEqual([row.quantity for row in rows].count(9.0), 0)
        self.assertEqual(
            {(row.department, row.product, row.cost) for row in rows},
            {
                ("[TICU] Intensive care", "Item =GLOVES", 250.0),
                ("[TICU] Intensive care", "Item STENT", 8000.0),
                ("[TER] Emergency", "Item =GLOVES", 20.0),
                ("[TER] Emergency", "Item =GLOVES", 0.0),
            },
        )

    def test_summary_adds_up_to_the_lines_and_to_the_ledger(self):
        book = self._workbook(self._export())
        lines = sum(row.cost for row in self._rows(book["Lines"]))
        summary = {
            row[0].value: [cell.value for cell in row[1:]]
            for row in book["Summary"].iter_rows(min_row=4)
        }
        ledger = self.env["med.consumption"].search(
            [
                ("department_id", "in", (self.icu | self.er).ids),
                ("event_time", "<", "2026-03-31 16:00:00"),
            ]
        )
        self.assertEqual(summary["Department"][-1], "Total")
        self.assertEqual(summary["Total"], [270.0, 8000.0, 8270.0])
        self.assertEqual(lines, 8270.0)
        self.assertEqual(sum(ledger.mapped("value")), 8270.0)
        self.assertEqual(summary["Difference (must be zero)"][-1], 0)

    def test_code_that_begins_with_an_equals_sign_stays_text(self):
        sheet = self._workbook(self._export())["Lines"]
        column = Line._fields.index("code") + 1
        cells = [sheet.cell(row, column) for row in range(2, sheet.max_row + 1)]
        formula_like = [cell for cell in cells if cell.value.startswith("=")]
        self.assertTrue(formula_like)
        for cell in formula_like:
            self.assertEqual((cell.value, cell.data_type), ("=GLOVES", "s"))

    def test_amounts_are_in_the_currency_of_the_hospital(self):
        sheet = self._workbook(self._export())["Lines"]
        currency = self.company.currency_id
        self.assertIn(currency.symbol, sheet.cell(2, COST + 1).number_format)
        self.assertIn(currency.name, sheet.cell(1, COST + 1).value)

    def test_chosen_departments_and_categories_limit_the_lines(self):
        export = self._export(
            department_ids=self.icu.ids, category_ids=self.dressings.ids
        )
        [row] = self._rows(self._workbook(export)["Lines"])
        self.assertEqual((row.department, row.cost), ("[TICU] Intensive care", 250.0))

    def test_about_names_who_when_what_and_the_lines_without_cost(self):
        about = self._workbook(self._export())["About"]
        text = {row[0].value: row[1].value for row in about.iter_rows(min_row=3)}
        self.assertEqual(text["Hospital"], self.company.name)
        self.assertEqual(text["Period"], "2026-03-01 … 2026-03-31")
        self.assertIn("Emergency", text["Departments"])
        self.assertEqual(text["Product categories"], "All")
        self.assertEqual(text["Made by"], self.env.user.name)
        self.assertIn("1 of 4 lines", text["Status"])
        self.assertIn("returns", text["Net quantity"])

    def test_headers_are_in_the_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"].search(
            [("name", "in", ("med_analytics", "med_consumables"))]
        )._update_translations(["zh_CN"])
        reader = self._person("test_zh", "med_consumables.group_auditor")
        reader.lang = "zh_CN"
        book = self._workbook(self._export(reader))
        self.assertEqual(book.sheetnames, ["汇总", "明细", "说明"])
        titles = [cell.value for cell in book["明细"][1]]
        self.assertEqual(titles[:3], ["日期", "科室", "成本中心"])
        self.assertEqual(book["明细"]["A1"].font.name, "等线")
        self.assertIn("耗材消耗", book["汇总"]["A1"].value)

    def test_ward_manager_downloads_only_their_departments(self):
        manager = self._person(
            "test_wm", "med_consumables.group_ward_manager", self.icu
        )
        book = self._workbook(self._export(manager, department_ids=[]))
        departments = {row.department for row in self._rows(book["Lines"])}
        self.assertEqual(departments, {"[TICU] Intensive care"})

    def test_each_role_with_the_report_can_download_it(self):
        for group in (
            "med_consumables.group_storekeeper",
            "med_consumables.group_auditor",
            "med_consumables.group_administrator",
            "med_budget.group_budget_owner",
            "med_replenishment.group_planner",
        ):
            with self.subTest(group=group):
                person = self._person(f"test_{group[-9:]}", group)
                rows = self._rows(self._workbook(self._export(person))["Lines"])
                self.assertEqual(len(rows), 4)

    @freeze_time("2026-03-10 08:00:00")
    def test_this_month_is_asked_unless_told_otherwise(self):
        form = Form(self.env["med.consumption.export.wizard"])
        self.assertEqual(
            (form.date_from, form.date_to), (date(2026, 3, 1), date(2026, 3, 31))
        )

    def test_question_shows_what_the_answer_will_hold(self):
        export = self._export()
        self.assertEqual(
            (export.line_count, export.uncosted_count, export.value), (4, 1, 8270.0)
        )

    def test_period_without_use_is_refused_with_a_way_out(self):
        export = self._export(date_from="2025-01-01", date_to="2025-01-31")
        with self.assertRaisesRegex(UserError, "Choose another period"):
            export.action_download()

    def test_period_that_ends_before_it_begins_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "ends before it begins"):
            self._export(date_from="2026-04-01")

    def test_file_is_named_after_its_period(self):
        action = self._export().action_download()
        self.assertEqual(action["report_type"], "xlsx")
        self.assertEqual(
            self._export().display_name, "Consumption 2026-03-01 to 2026-03-31"
        )

    def test_hundred_lines_cost_no_more_queries_than_ten(self):
        def queries(count):
            for _number in range(count):
                self._use(self.icu, self.gloves, 1)
            export = self._export()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            export.env["ir.actions.report"]._render_xlsx(
                "med_analytics.report_consumption", export.ids, {}
            )
            return self.env.cr.sql_log_count - before

        queries(10)  # what is read once and kept
        self.assertEqual(queries(10), queries(90))

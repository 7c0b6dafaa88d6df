import base64
import io
from datetime import timedelta

from openpyxl import Workbook

from odoo.exceptions import UserError

from .common import ReplenishmentCase


class TestDutyRoster(ReplenishmentCase):
    """People on duty, imported, and used only where they help."""

    def _import(self, table, name="roster.csv"):
        data = table.encode() if isinstance(table, str) else table
        return (
            self.env["med.duty.roster.import"]
            .create(
                {
                    "file": base64.b64encode(data),
                    "file_name": name,
                    "company_id": self.company.id,
                }
            )
            .action_import()
        )

    def _rows(self):
        return self.env["med.duty.roster"].search(
            [("company_id", "=", self.company.id)]
        )

    def test_a_table_with_chinese_headers_is_read(self):
        self._import(
            "日期,科室编码,人数\n2026-11-01,T-ICU,8\n2026年11月2日,T-ICU,6.5\n"
        )
        self.assertEqual(self._rows().mapped("people"), [6.5, 8.0])

    def test_a_formula_without_its_result_is_refused_only_where_it_is_read(self):
        for formula_in, refused in ((2, True), (3, False)):
            cells = ["T-ICU", "2026-11-01", 8, "note"]
            cells[formula_in] = "=1+1"
            stream = io.BytesIO()
            book = Workbook()
            book.active.append(["department", "date", "people", "remark"])
            book.active.append(cells)
            book.save(stream)
            if refused:
                with self.assertRaisesRegex(UserError, "people shows an error"):
                    self._import(stream.getvalue(), "roster.xlsx")
            else:
                self._import(stream.getvalue(), "roster.xlsx")
        self.assertEqual(self._rows().people, 8)

    def test_a_day_that_is_there_is_replaced(self):
        for people in (8, 9):
            self._import(f"department,date,people\nT-ICU,2026-11-01,{people}\n")
        self.assertEqual(self._rows().people, 9)

    def test_what_cannot_be_read_is_named_and_nothing_is_imported(self):
        for text, words in (
            ("department,date\nT-ICU,2026-11-01\n", "people"),
            ("department,date,people\nT-ICU,soon,3\n", "Row 2: soon is no date"),
            ("department,date,people\nT-ICU,2026-11-01,many\n", "no number"),
            ("department,date,people\nT-ICU,2026-11-01,-3\n", "-3 is no number"),
            ("department,date,people\nT-ICU,,3\n", "Row 2: the column date is empty"),
            ("department,date,people\nNOWHERE,2026-11-01,3\n", "NOWHERE"),
            (
                "department,date,people\nT-ICU,2026-11-01,3\nT-ICU,2026/11/1,4\n",
                "Row 3 has the same department and date as row 2",
            ),
            ("  \n", "The file is empty"),
        ):
            with self.assertRaisesRegex(UserError, words):
                self._import(text)
        self.assertFalse(self._rows())

    def test_text_that_is_called_a_workbook_is_said_to_be_none(self):
        with self.assertRaisesRegex(UserError, "People.XLSX is no workbook"):
            self._import("no sheet at all", "People.XLSX")
        # A broken workbook begins like one and is refused as no table.
        with self.assertRaisesRegex(UserError, "The workbook is damaged"):
            self._import("PK, and then nothing", "people.xlsx")

    def _roster(self, people_of_week, weeks=(-52, 4)):
        """``people_of_week(week)`` people each day; week -1 ended yesterday."""
        rows = []
        for week in range(*weeks):
            for day in range(7):
                date = self.today + timedelta(days=7 * week + day)
                rows.append(f"T-ICU,{date},{people_of_week(week)}")
        self._import("department,date,people\n" + "\n".join(rows))

    def _use_by_week(self, units_of_week):
        reports = [
            self._report(
                units_of_week(week), self.today + timedelta(days=7 * week + day)
            )
            for week in range(-40, 0)
            for day in range(7)
        ]
        self.env["med.consumption"]._record(reports)
        self._refresh()

    def _propose(self):
        rule = self._orderpoint()
        return self.env["med.reorder.proposal"]._propose(rule)

    def test_a_roster_that_drives_use_is_used(self):
        def people(week):
            return 12 if week >= 0 else (4, 8)[week % 2]

        self._use_by_week(lambda week: 2 * people(week))
        self._roster(people)
        proposal = self._propose()
        self.assertLess(proposal.roster_wape_with, proposal.roster_wape_without)
        self.assertAlmostEqual(proposal.roster_factor, 2.0, places=2)
        self.assertIn("duty roster", proposal.explanation)

    def test_a_roster_that_does_not_help_is_left_aside_and_that_is_said(self):
        self._use_by_week(lambda week: 10 + week % 2)
        self._roster(lambda week: (3, 9)[week // 2 % 2])
        proposal = self._propose()
        self.assertGreater(proposal.roster_wape_with, proposal.roster_wape_without)
        self.assertEqual(proposal.roster_factor, 1)
        self.assertIn("left aside", proposal.explanation)

from datetime import date
from io import BytesIO

import openpyxl
import xlsxwriter

from odoo.tests import BaseCase, tagged

from ..core.consumption_workbook import (
    COST,
    ConsumptionWorkbook,
    Formats,
    Line,
    Words,
    display_width,
    money_format,
)

WORDS = Words(
    title="Consumption",
    subtitle="Renmin Hospital, November",
    sheet_names=("汇总", "明细", "说明"),
    columns=tuple(name.title() for name in Line._fields),
    department="Department",
    total="Total",
    lines_total="Total of lines",
    difference="Difference",
    about=(("Made by", "A. Auditor"), ("=1+1", "@SUM(1)")),
    page="Page",
)
FORMATS = Formats(
    money=money_format("¥", True, 2), quantity="#,##0.00", day="yyyy-mm-dd", font="等线"
)


def line(department="ICU", category="Gloves", cost=1.0, **values):
    """One line of the ledger; only what a test is about is named."""
    return Line(
        **{
            "day": date(2026, 11, 3),
            "department": department,
            "cost_centre": "CC-1",
            "code": "G-7",
            "product": "Surgical gloves 7",
            "category": category,
            "value_class": "Low value",
            "abc": "A",
            "ved": "V",
            "kind": "Use",
            "quantity": 2.0,
            "unit": "pair",
            "cost": cost,
            "lot": "L1",
            "source": "manual",
            "state": "Posted",
            **values,
        }
    )


@tagged("med")
class TestConsumptionWorkbook(BaseCase):
    def _book(self, lines, *, values=True, constant_memory=True):
        """The written workbook as a reader sees it: results, or with formulas."""
        content = BytesIO()
        book = xlsxwriter.Workbook(content, {"constant_memory": constant_memory})
        ConsumptionWorkbook(book, WORDS, FORMATS).write(lines)
        book.close()
        content.seek(0)
        return openpyxl.load_workbook(content, data_only=values)

    def test_summary_holds_the_cost_of_each_department_and_category(self):
        summary = self._book(
            [
                line("ICU", "Gloves", 10.10),
                line("ICU", "Gloves", -0.10, kind="Return"),
                line("ICU", "Stents", 8000.0),
                line("ER", "Gloves", 5.25),
            ]
        )["汇总"]
        rows = [[cell.value for cell in row] for row in summary["A4:D7"]]
        self.assertEqual(
            rows,
            [
                ["Department", "Gloves", "Stents", "Total"],
                ["ER", 5.25, None, 5.25],
                ["ICU", 10.0, 8000.0, 8010.0],
                ["Total", 15.25, 8000.0, 8015.25],
            ],
        )

    def test_summary_sets_the_total_of_the_lines_beside_its_own(self):
        lines = [line(f"W{number % 7}", cost=0.1 * number) for number in range(1, 100)]
        book = self._book(lines)
        summary, detail = book["汇总"], book["明细"]
        total = round(sum(row[COST].value for row in detail.iter_rows(min_row=2)), 2)
        shown = {row[0].value: row[2].value for row in summary.iter_rows(min_row=5)}
        self.assertEqual(shown["Total"], total)
        self.assertEqual(shown["Total of lines"], total)
        self.assertEqual(shown["Difference"], 0)

    def test_totals_are_formulas_over_the_cells_they_name(self):
        summary = self._book([line("ICU"), line("ER")], values=False)["汇总"]
        self.assertEqual(summary["C5"].value, "=ROUND(SUM(B5),2)")
        self.assertEqual(summary["B7"].value, "=ROUND(SUM(B5:B6),2)")
        self.assertEqual(summary["C9"].value, "=ROUND(SUM('明细'!$M$2:$M$3),2)")
        self.assertEqual(summary["C10"].value, "=ROUND(C7-C9,2)")

    def test_code_that_looks_like_a_formula_is_text(self):
        for text in ("=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x","y")'):
            with self.subTest(text=text):
                cell = self._book([line(code=text)], values=False)["明细"]["D2"]
                self.assertEqual((cell.value, cell.data_type), (text, "s"))
                self.assertTrue(cell.quotePrefix)

    def test_headings_and_about_are_text_too(self):
        about = self._book([line()], values=False)["说明"]
        self.assertEqual(about["A4"].data_type, "s")
        self.assertEqual(about["B4"].data_type, "s")

    def test_lines_are_frozen_filtered_and_ready_to_print(self):
        detail = self._book([line(), line()])["明细"]
        self.assertEqual(detail.freeze_panes, "A2")
        self.assertEqual(detail.auto_filter.ref, "A1:P3")
        self.assertEqual(detail.print_title_rows, "$1:$1")
        self.assertEqual(detail.page_setup.orientation, "landscape")
        self.assertEqual(int(detail.page_setup.paperSize), 9)
        self.assertTrue(detail.sheet_properties.pageSetUpPr.fitToPage)

    def test_amounts_bear_the_currency_and_days_are_dates(self):
        detail = self._book([line(cost=1234.5)])["明细"]
        self.assertEqual(detail["M2"].number_format, '"¥"#,##0.00;-"¥"#,##0.00')
        self.assertEqual(detail["K2"].number_format, "#,##0.00")
        self.assertEqual(detail["A2"].value.date(), date(2026, 11, 3))
        self.assertEqual(detail["A2"].number_format, "yyyy-mm-dd")

    def test_columns_are_wide_enough_for_chinese(self):
        detail = self._book([line(product="一次性使用无菌外科手套")])["明细"]
        self.assertGreaterEqual(detail.column_dimensions["E"].width, 22)
        self.assertEqual(detail["E2"].font.name, "等线")

    def test_written_row_by_row_or_at_once_it_is_the_same_workbook(self):
        lines = [line("ICU", cost=3.0), line("ER", "Stents", cost=4.0)]
        streamed, whole = (
            [
                [cell.value for cell in row]
                for sheet in self._book(lines, constant_memory=memory)
                for row in sheet.iter_rows()
            ]
            for memory in (True, False)
        )
        self.assertEqual(streamed, whole)

    def test_money_format_names_the_currency_as_literal_text(self):
        self.assertEqual(money_format("€", False, 2), '#,##0.00 "€";-#,##0.00 "€"')
        self.assertEqual(money_format('"', True, 0), '""#,##0;-""#,##0')

    def test_chinese_takes_two_columns(self):
        self.assertEqual(display_width("ICU 手套"), 8)

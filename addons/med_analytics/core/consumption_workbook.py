"""Consumption as a workbook of three sheets: summary, lines, about.

The sheet of lines holds one row per line of the ledger. The summary is a table of
department by category; its totals are formulas, and a control row below sets the total
of the sheet of lines beside them, so that whoever opens the file sees that both agree.

Nothing here speaks to a database or chooses a language: titles, labels and formats come
in as words, lines as plain values. The workbook is an ``xlsxwriter.Workbook``.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple
from unicodedata import east_asian_width

from xlsxwriter.utility import xl_range, xl_range_abs, xl_rowcol_to_cell

#: Rows of a worksheet, of which the sheet of lines gives one to its titles.
#: Source: ECMA-376 consumers agree on 2**20 rows.
MOST_LINES = 2**20 - 1
#: A spreadsheet reads a cell that begins with one of these as a formula once it is
#: edited or saved as CSV. Source: OWASP, CSV Injection.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

NARROWEST, WIDEST = 7, 42  # columns, in characters
A4 = 9  # xlsxwriter's paper index


class Line(NamedTuple):
    """One line of the ledger; the order is the order of the columns."""

    day: date
    department: str
    cost_centre: str
    code: str
    product: str
    category: str
    value_class: str
    abc: str
    ved: str
    kind: str
    quantity: float  # in ``unit``; a return counts negative
    unit: str
    cost: float  # in the company's currency; a return counts negative
    lot: str
    source: str
    state: str


QUANTITY = Line._fields.index("quantity")
COST = Line._fields.index("cost")


@dataclass(frozen=True, slots=True)
class Words:
    """Everything the reader sees beside the figures, in the reader's language."""

    title: str
    subtitle: str  # company and period
    sheet_names: tuple[str, str, str]  # summary, lines, about
    columns: tuple[str, ...]  # titles of ``Line``, in its order
    department: str
    total: str
    lines_total: str  # "Total of the sheet Lines"
    difference: str  # "Difference (must be zero)"
    about: tuple[tuple[str, str], ...]  # (heading, text)
    page: str  # "Page"


@dataclass(frozen=True, slots=True)
class Formats:
    """Number formats (in the syntax of spreadsheets) and the typeface."""

    money: str
    quantity: str
    day: str
    font: str
    money_digits: int = 2


def money_format(symbol: str, before: bool, digits: int) -> str:
    """The number format of amounts in a currency, the symbol as literal text.

    >>> money_format("¥", True, 2)
    '"¥"#,##0.00;-"¥"#,##0.00'
    """
    number = "#,##0" + ("." + "0" * digits if digits else "")
    sign = '"' + symbol.replace('"', "") + '"'
    amount = sign + number if before else number + " " + sign
    return f"{amount};-{amount}"


@lru_cache(maxsize=2**16)  # names repeat on many lines
def display_width(text: str) -> int:
    """Columns of ``text`` on a screen: a Chinese character takes two.

    >>> display_width("ICU 手套")
    8
    """
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


class ConsumptionWorkbook:
    """Writes the three sheets into ``workbook``; call ``write`` once.

    Rows are written from top to bottom, so that the workbook may be opened with
    ``constant_memory``.
    """

    def __init__(self, workbook, words: Words, formats: Formats):
        self.book = workbook
        self.words = words
        self.formats = formats
        summary, lines, about = words.sheet_names
        self.summary = workbook.add_worksheet(summary)
        self.lines = workbook.add_worksheet(lines)
        self.about = workbook.add_worksheet(about)
        self._make_styles()

    def write(self, lines: Iterable[Line]) -> None:
        """Write all sheets. ``lines`` (one at least) is read once, in its order."""
        costs = self._write_lines(lines)
        self._write_summary(costs)
        self._write_about()

    # -- Styles -------------------------------------------------------------------

    def _make_styles(self):
        def style(**more):
            return self.book.add_format(
                {"font_name": self.formats.font, "font_size": 10, "valign": "top"}
                | more
            )

        head = {"bold": True, "bg_color": "#DCE6F1", "border": 1, "text_wrap": True}
        total = {"bold": True, "top": 1}
        self.text = style()
        # The quote is kept by the cell, so that editing it makes no formula of it.
        self.quoted = style(quote_prefix=True)
        self.wrapped = style(text_wrap=True)
        self.title = style(bold=True, font_size=14)
        self.heading = style(bold=True)
        self.head = style(**head)
        self.head_number = style(**head, align="right")
        self.day = style(num_format=self.formats.day, align="left")
        self.quantity = style(num_format=self.formats.quantity)
        self.money = style(num_format=self.formats.money)
        self.total_text = style(**total)
        self.total_money = style(**total, num_format=self.formats.money)

    def _write_text(self, sheet, row, column, text, style=None):
        """Text stays text, whatever it begins with."""
        if style is None:
            style = self.quoted if text.startswith(FORMULA_STARTS) else self.text
        sheet.write_string(row, column, text, style)

    # -- Lines --------------------------------------------------------------------

    def _write_lines(self, lines):
        """Write the sheet of lines; ``{(department, category): cost}`` comes back."""
        sheet, costs = self.lines, Counter()
        widths = [display_width(title) + 3 for title in self.words.columns]
        for column, title in enumerate(self.words.columns):
            style = self.head_number if column in (QUANTITY, COST) else self.head
            self._write_text(sheet, 0, column, title, style)
        row = 0
        for row, line in enumerate(lines, start=1):  # noqa: B007 read after the loop
            self._write_line(row, line, widths)
            costs[line.department, line.category] += line.cost
        sheet.autofilter(0, 0, row, len(Line._fields) - 1)
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, min(max(width, NARROWEST), WIDEST))
        self._set_up_print(sheet)
        self.last_line_row = row
        return costs

    def _write_line(self, row, line, widths):
        sheet = self.lines
        for column, value in enumerate(line):
            if column == COST:
                sheet.write_number(row, column, value, self.money)
                widths[column] = max(widths[column], len(f"{value:,.2f}") + 3)
            elif column == QUANTITY:
                sheet.write_number(row, column, value, self.quantity)
            elif column == 0:
                sheet.write_datetime(row, column, value, self.day)
                widths[column] = max(widths[column], 11)
            elif value:
                self._write_text(sheet, row, column, value)
                widths[column] = max(widths[column], display_width(value) + 1)

    # -- Summary ------------------------------------------------------------------

    def _write_summary(self, costs):
        """Department by category; sums are formulas with their result beside them."""
        sheet, words = self.summary, self.words
        departments = sorted({department for department, _category in costs})
        categories = sorted({category for _department, category in costs})
        self._write_text(sheet, 0, 0, words.title, self.title)
        self._write_text(sheet, 1, 0, words.subtitle, self.text)
        top = 3
        self._write_text(sheet, top, 0, words.department, self.head)
        for column, category in enumerate([*categories, words.total], start=1):
            self._write_text(sheet, top, column, category, self.head_number)
        for row, department in enumerate(departments, start=top + 1):
            self._write_text(sheet, row, 0, department)
            self._write_department(row, department, categories, costs)
        bottom = top + len(departments) + 1
        self._write_totals(top, bottom, categories, costs)
        self._write_control(bottom, len(categories) + 1, costs)
        sheet.freeze_panes(top + 1, 1)
        sheet.repeat_rows(top)
        labels = [*departments, words.total, words.lines_total, words.difference]
        sheet.set_column(0, 0, min(max(map(display_width, labels)) + 2, WIDEST))
        sheet.set_column(1, len(categories) + 1, 18)
        self._set_up_print(sheet)

    def _write_department(self, row, department, categories, costs):
        for column, category in enumerate(categories, start=1):
            if (department, category) in costs:
                cost = self._rounded(costs[department, category])
                self.summary.write_number(row, column, cost, self.money)
        total = sum(costs.get((department, category), 0) for category in categories)
        cells = (row, 1, row, len(categories))
        self._write_sum(row, len(categories) + 1, cells, total, self.money)

    def _write_totals(self, top, bottom, categories, costs):
        self._write_text(self.summary, bottom, 0, self.words.total, self.total_text)
        for column, category in enumerate([*categories, None], start=1):
            total = sum(
                cost
                for (_department, of), cost in costs.items()
                if category is None or of == category
            )
            cells = (top + 1, column, bottom - 1, column)
            self._write_sum(bottom, column, cells, total, self.total_money)

    def _write_control(self, bottom, column, costs):
        """The total of the sheet of lines, and how far the summary is from it."""
        sheet, words = self.summary, self.words
        digits = self.formats.money_digits
        name = words.sheet_names[1].replace("'", "''")
        lines = xl_range_abs(1, COST, self.last_line_row, COST)
        here = xl_rowcol_to_cell(bottom, column)
        there = xl_rowcol_to_cell(bottom + 2, column)
        total = self._rounded(sum(costs.values()))
        control = [
            (words.lines_total, f"=ROUND(SUM('{name}'!{lines}),{digits})", total),
            (words.difference, f"=ROUND({here}-{there},{digits})", 0),
        ]
        for row, (label, formula, value) in enumerate(control, start=bottom + 2):
            self._write_text(sheet, row, 0, label)
            sheet.write_formula(row, column, formula, self.money, value)

    def _write_sum(self, row, column, cells, value, style):
        """The sum of ``cells`` as a formula, its result beside it for plain readers."""
        formula = f"=ROUND(SUM({xl_range(*cells)}),{self.formats.money_digits})"
        self.summary.write_formula(row, column, formula, style, self._rounded(value))

    def _rounded(self, amount):
        return round(amount, self.formats.money_digits) + 0.0  # no minus zero

    # -- About --------------------------------------------------------------------

    def _write_about(self):
        sheet = self.about
        self._write_text(sheet, 0, 0, self.words.title, self.title)
        for row, (heading, text) in enumerate(self.words.about, start=2):
            self._write_text(sheet, row, 0, heading, self.heading)
            self._write_text(sheet, row, 1, text, self.wrapped)
        widest = max(
            (display_width(head) for head, _text in self.words.about), default=0
        )
        sheet.set_column(0, 0, min(widest + 2, WIDEST))
        sheet.set_column(1, 1, 90)
        self._set_up_print(sheet)

    # -- Print --------------------------------------------------------------------

    def _set_up_print(self, sheet):
        """A4 across, as wide as the page, titles on each page, pages numbered."""
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
        # In a page header & begins a code: twice, it is the sign itself.
        sheet.set_header(f"&L{self._header_text()}&R&A")
        sheet.set_footer(f"&C{self.words.page.replace('&', '&&')} &P / &N")

    def _header_text(self):
        text = f"{self.words.title}  {self.words.subtitle}"
        return text[:100].replace("&", "&&")  # the whole header holds 255 signs

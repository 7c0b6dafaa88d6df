"""The business case as a workbook: one page of figures, one row per reorder rule.

What follows from other cells is a formula, with its result beside it for readers that
do not compute.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

#: Lines of text on the page: columns of text that fit across it, height of a line.
ACROSS, LINE_HEIGHT = 150, 16
#: Columns of the page: figure, compared, ours, at our service, change, how counted.
COMPARED, OURS, EQUAL, CHANGE, HOW = range(1, 6)
NARROWEST, WIDEST = 9, 42  # columns, in characters
A4 = 9  # xlsxwriter's paper index


@dataclass(frozen=True, slots=True)
class Line:
    """One figure; ``kind`` is money, share, days or count; ``equal`` may be unknown.

    ``adds`` are the places, among the figures, of those that this one is the sum of;
    ``how`` says how it is counted.
    """

    name: str
    kind: str
    compared: float
    ours: float
    equal: float | None
    how: str
    adds: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Words and figures in the reader's language; ``rows`` follow ``columns``, which
    are pairs of a title and text, money or count."""

    title: str
    verdict: str
    notes: Sequence[str]
    headers: Sequence[str]
    figures: Sequence[Line]
    money: str  # the number format of amounts
    points: str  # "points", of a share in hundredths
    total: str
    font: str
    sheets: tuple[str, str]
    columns: Sequence[tuple[str, str]]
    rows: Iterable[Sequence]


def workbook(page: Page) -> bytes:
    """The xlsx file; text is never read as a formula."""
    stream = io.BytesIO()
    book = Workbook(stream, {"in_memory": True, "strings_to_formulas": False})
    styles = _Styles(book, page)
    _write_page(book.add_worksheet(page.sheets[0]), page, styles)
    _write_rules(book.add_worksheet(page.sheets[1]), page, styles)
    book.close()
    return stream.getvalue()


def money_format(symbol: str, before: bool, digits: int) -> str:
    """The number format of amounts in a currency, the symbol as literal text.

    >>> money_format("¥", True, 2)
    '"¥"#,##0.00;-"¥"#,##0.00'
    """
    number = "#,##0" + ("." + "0" * digits if digits else "")
    sign = '"' + symbol.replace('"', "") + '"'
    amount = sign + number if before else number + " " + sign
    return f"{amount};-{amount}"


class _Styles:
    """The cell formats of one workbook, all in one typeface."""

    def __init__(self, book, page):
        def style(**more):
            return book.add_format({"font_name": page.font, "font_size": 10} | more)

        numbers = {
            "money": page.money,
            "share": "0.0%",
            "days": "#,##0.0",
            "count": "#,##0",
        }
        points = page.points.replace('"', "")
        head = {"bold": True, "bg_color": "#DDEBF7", "text_wrap": True, "border": 1}
        self.text = style(valign="top")
        self.title = style(bold=True, font_size=16)
        self.head = style(**head, valign="vcenter")
        self.head_number = style(**head, valign="vcenter", align="right")
        self.wrap = style(text_wrap=True, valign="top")
        self.small = style(text_wrap=True, valign="top", font_color="#595959")
        self.unknown = style(align="right", valign="top")
        self.number = {
            kind: style(num_format=form, valign="top") for kind, form in numbers.items()
        }
        self.strong = {
            kind: style(num_format=form, valign="top", bold=True, top=1)
            for kind, form in numbers.items()
        }
        self.strong_text = style(bold=True, top=1, valign="top")
        self.ratio = style(num_format="+0%;-0%;0%", align="right", valign="top")
        self.points = style(
            num_format=f'+0.0 "{points}";-0.0 "{points}";0 "{points}"',
            align="right",
            valign="top",
        )


def _write_page(sheet, page, styles):
    sheet.set_column(0, 0, 32)
    sheet.set_column(COMPARED, EQUAL, 19)
    sheet.set_column(CHANGE, CHANGE, 15)
    sheet.set_column(HOW, HOW, 62)
    sheet.write_string(0, 0, page.title, styles.title)
    _write_paragraph(sheet, 1, page.verdict, styles.wrap)
    for column, text in enumerate(page.headers):
        numbers = COMPARED <= column <= CHANGE
        style = styles.head_number if numbers else styles.head
        sheet.write_string(3, column, text, style)
    sheet.set_row(3, 2 * LINE_HEIGHT)
    first = row = 4
    for line in page.figures:
        _write_figure(sheet, row, first, line, styles)
        row += 1
    for note in page.notes:
        row += 1
        _write_paragraph(sheet, row, note, styles.small)
    sheet.freeze_panes(first, 1)
    _set_up_print(sheet, pages_high=1)


def _write_figure(sheet, row, first, line, styles):
    style = (styles.strong if line.adds else styles.number)[line.kind]
    name = styles.strong_text if line.adds else styles.text
    sheet.write_string(row, 0, line.name, name)
    for column, value in enumerate((line.compared, line.ours, line.equal), COMPARED):
        if value is None:
            sheet.write_string(row, column, "–", styles.unknown)
        elif line.adds:
            cells = [xl_rowcol_to_cell(first + place, column) for place in line.adds]
            sheet.write_formula(row, column, "=" + "+".join(cells), style, value)
        else:
            sheet.write_number(row, column, value, style)
    compared, ours = (xl_rowcol_to_cell(row, column) for column in (COMPARED, OURS))
    if line.kind == "share":
        gain = 100 * (line.ours - line.compared)
        formula = f"=100*({ours}-{compared})"
        sheet.write_formula(row, CHANGE, formula, styles.points, gain)
    elif line.compared:
        gain = line.ours / line.compared - 1
        formula = f"={ours}/{compared}-1"
        sheet.write_formula(row, CHANGE, formula, styles.ratio, gain)
    else:
        sheet.write_string(row, CHANGE, "–" if line.ours else "0%", styles.unknown)
    sheet.write_string(row, HOW, line.how, styles.small)
    wide = _display_width(line.how) > 1.9 * 62
    sheet.set_row(row, (3 if wide else 2) * LINE_HEIGHT)


def _write_paragraph(sheet, row, text, style):
    """Text across the page; a merged cell does not find its height by itself."""
    sheet.merge_range(row, 0, row, HOW, text, style)
    lines = sum(1 + _display_width(part) // ACROSS for part in text.split("\n"))
    sheet.set_row(row, (lines + 0.5) * LINE_HEIGHT)


def _write_rules(sheet, page, styles):
    """One row per reorder rule; the totals follow a filter."""
    titles, kinds = zip(*page.columns, strict=True)
    widths = [max(NARROWEST, _display_width(title) // 2 + 4) for title in titles]
    for column, (title, kind) in enumerate(page.columns):
        style = styles.head if kind == "text" else styles.head_number
        sheet.write_string(0, column, title, style)
    totals = dict.fromkeys(
        (column for column, kind in enumerate(kinds) if kind != "text"), 0
    )
    row = 0
    for row, values in enumerate(page.rows, 1):  # noqa: B007 read after the loop
        for column, (kind, value) in enumerate(zip(kinds, values, strict=True)):
            if kind == "text":
                sheet.write_string(row, column, value, styles.text)
                widths[column] = max(widths[column], _display_width(value) + 2)
            else:
                sheet.write_number(row, column, value, styles.number[kind])
                totals[column] += value
    sheet.autofilter(0, 0, row, len(kinds) - 1)
    sheet.write_string(row + 1, 0, page.total, styles.strong_text)
    for column, total in totals.items():
        formula = f"=SUBTOTAL(109,{xl_range(1, column, max(row, 1), column)})"
        sheet.write_formula(
            row + 1, column, formula, styles.strong[kinds[column]], total
        )
        if kinds[column] == "money":
            widths[column] = max(widths[column], len(f"{total:,.2f}") + 3)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(width, WIDEST))
    sheet.set_row(0, 2 * LINE_HEIGHT)
    sheet.freeze_panes(1, 1)
    sheet.repeat_rows(0)
    _set_up_print(sheet, pages_high=0)


def _set_up_print(sheet, pages_high):
    """A4 across, as wide as the page, pages numbered."""
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, pages_high)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer("&C&P / &N")


def _display_width(text):
    """Columns of ``text`` on a screen: a Chinese character takes two."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)

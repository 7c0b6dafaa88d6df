"""The business case as a workbook: one page of figures, one row per reorder rule."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from xlsxwriter import Workbook


@dataclass(frozen=True, slots=True)
class Line:
    """One figure; ``kind`` is money, share, days or count; ``equal`` may be unknown."""

    name: str
    kind: str
    compared: float
    ours: float
    equal: float | None
    change: str


@dataclass(frozen=True, slots=True)
class Page:
    """Words and figures in the reader's language; ``rows`` follow ``columns``, texts
    and numbers."""

    title: str
    verdict: str
    notes: Sequence[str]
    headers: Sequence[str]
    figures: Iterable[Line]
    currency: str
    sheets: tuple[str, str]
    columns: Sequence[str]
    rows: Iterable[Sequence]


def workbook(page: Page) -> bytes:
    """The xlsx file; text is never read as a formula."""
    stream = io.BytesIO()
    book = Workbook(stream, {"in_memory": True, "strings_to_formulas": False})
    title = book.add_format({"bold": True, "font_size": 16})
    head = book.add_format({"bold": True, "bg_color": "#DDEBF7", "text_wrap": True})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    right = book.add_format({"align": "right"})
    money = book.add_format({"num_format": "#,##0.00"})

    forms = {
        "money": f'"{page.currency}"#,##0.00',
        "share": "0.0%",
        "days": "#,##0.0",
        "count": "#,##0",
    }
    forms = {kind: book.add_format({"num_format": f}) for kind, f in forms.items()}

    sheet = book.add_worksheet(page.sheets[0])
    sheet.set_column(0, 0, 38)
    sheet.set_column(1, 4, 20)
    sheet.write_string(0, 0, page.title, title)
    sheet.merge_range(1, 0, 1, 4, page.verdict, wrap)
    sheet.set_row(1, 120)
    sheet.write_row(3, 0, page.headers, head)
    row = 4
    for line in page.figures:
        sheet.write_string(row, 0, line.name)
        for column, value in enumerate((line.compared, line.ours, line.equal), 1):
            if value is None:
                sheet.write_string(row, column, "–", right)
            else:
                sheet.write_number(row, column, value, forms[line.kind])
        sheet.write_string(row, 4, line.change, right)
        row += 1
    for note in page.notes:
        row += 1
        sheet.merge_range(row, 0, row, 4, note, wrap)
        sheet.set_row(row, 48)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 1)

    details = book.add_worksheet(page.sheets[1])
    details.write_row(0, 0, page.columns, head)
    details.set_column(0, 2, 32)
    details.set_column(3, len(page.columns) - 1, 14, money)
    details.freeze_panes(1, 1)
    number = 0
    for number, values in enumerate(page.rows, 1):
        for column, value in enumerate(values):
            write = details.write_string if isinstance(value, str) else details.write
            write(number, column, value)
    details.autofilter(0, 0, number, len(page.columns) - 1)
    book.close()
    return stream.getvalue()

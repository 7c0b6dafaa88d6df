"""The business case as a workbook: one page of figures, one row per reorder rule."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from xlsxwriter import Workbook


@dataclass(frozen=True, slots=True)
class Page:
    """Words and figures in the reader's language.

    ``figures`` are (name, today, ours, change) as texts; ``rows`` follow ``columns``,
    texts and numbers.
    """

    title: str
    verdict: str
    notes: Sequence[str]
    headers: Sequence[str]
    figures: Iterable[Sequence[str]]
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

    sheet = book.add_worksheet(page.sheets[0])
    sheet.set_column(0, 0, 42)
    sheet.set_column(1, 3, 20)
    sheet.write_string(0, 0, page.title, title)
    sheet.merge_range(1, 0, 1, 3, page.verdict, wrap)
    sheet.set_row(1, 48)
    sheet.write_row(3, 0, page.headers, head)
    row = 4
    for name, *texts in page.figures:
        sheet.write_string(row, 0, name)
        for column, text in enumerate(texts, 1):
            sheet.write_string(row, column, text, right)
        row += 1
    for note in page.notes:
        row += 1
        sheet.merge_range(row, 0, row, 3, note, wrap)
        sheet.set_row(row, 32)
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

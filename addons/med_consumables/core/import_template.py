"""An empty table to fill in: headers in Chinese and English and one example row."""

import io
from collections.abc import Sequence

from xlsxwriter import Workbook

from .headers import Column

TEXT = "@"  # codes stay text: a number would lose leading zeros and long digits


def template(columns: Sequence[Column]) -> bytes:
    """The workbook; required columns are marked with ＊, delete the example row."""
    stream = io.BytesIO()
    book = Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet("数据 Data")
    head = book.add_format({"bold": True, "bg_color": "#DDEBF7", "text_wrap": True})
    must = book.add_format({"bold": True, "bg_color": "#FCE4D6", "text_wrap": True})
    text = book.add_format({"num_format": TEXT})
    example = book.add_format({"num_format": TEXT, "italic": True, "color": "#7F7F7F"})
    sheet.set_column(0, len(columns) - 1, 18, text)
    sheet.set_row(0, 32)
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        mark = "＊" if column.required else ""
        title = f"{mark}{column.chinese}\n{column.english}"
        sheet.write_string(0, place, title, must if column.required else head)
        if column.example is not None:
            sheet.write(1, place, column.example, example)
    book.close()
    return stream.getvalue()

import io
import random
import zipfile
from datetime import date, datetime

import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from odoo.tests import BaseCase

from ..core import history_rows, item_rows
from ..core.rows import find_table, records
from ..core.sheet import Limits, SheetRefused, read_rows

HEADERS = ["物资编码", "物资名称", "单位", "数量", "日期", "科室"]
LINE = ["HC1", "手套", "只", 3, "2025-03-05", "ICU"]
KNOWN_REFUSALS = {
    *("empty", "too_large", "too_large_unpacked", "too_many_rows", "too_many_columns"),
    *("cell_too_long", "broken_workbook", "broken_quotes", "not_a_table"),
    *("old_or_protected", "unknown_encoding", "patient_columns", "patient_values"),
}
SMALL = Limits(file_bytes=200_000, unpacked_bytes=3_000_000, text_table_bytes=1_000_000)


def workbook(*lines, change=None) -> bytes:
    book = Workbook()
    for line in lines:
        book.active.append(line)
    if change:
        change(book.active)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def rewritten(data, member, edit) -> bytes:
    """The archive with the text of one member edited."""
    source, stream = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            body = source.read(info)
            target.writestr(
                info.filename, edit(body) if info.filename == member else body
            )
    return stream.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


class TestSheet(BaseCase):
    def _cells(self, data):
        return [row.cells for row in read_rows(data)]

    def _refused(self, data, limits=SMALL):
        with self.assertRaises(SheetRefused) as refused:
            list(read_rows(data, limits))
        return refused.exception.code

    def test_text_files_in_the_encodings_of_hospitals(self):
        text = "编码,名称\nA1,手套（大）\n"
        for encoding in ("utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"):
            self.assertEqual(
                self._cells(text.encode(encoding)),
                [("编码", "名称"), ("A1", "手套（大）")],
                encoding,
            )

    def test_delimiters(self):
        for delimiter in (",", ";", "\t", "|"):
            lines = [
                delimiter.join(row) for row in (["编码", "名称"], ["A1", '"a,b;c"'])
            ]
            data = "\r\n".join(lines).encode()
            self.assertEqual(self._cells(data)[1], ("A1", "a,b;c"))

    def test_rows_keep_the_numbers_of_the_sheet(self):
        data = workbook(HEADERS, [], [None, " "], LINE)
        self.assertEqual([row.number for row in read_rows(data)], [1, 4])

    def test_days_of_a_workbook_are_days(self):
        data = workbook(["a"], [date(2025, 3, 5)], [datetime(2025, 3, 5, 9, 20)])
        self.assertEqual(self._cells(data)[2], (datetime(2025, 3, 5, 9, 20),))

    def test_a_formula_without_a_result_and_an_error_are_told_from_empty_cells(self):
        data = workbook(["a", "b"], ["=1+1", "x"])
        self.assertEqual(self._cells(data)[1], ("formula", "x"))

        def break_cell(body):
            return body.replace(b"<v>3</v>", b"<v>#N/A</v>").replace(
                b't="n"><v>#N/A', b't="e"><v>#N/A'
            )

        data = rewritten(workbook(HEADERS, LINE), SHEET, break_cell)
        self.assertEqual(str(self._cells(data)[1][3]), "error_value")

    def test_merged_titles_do_not_hide_the_table(self):
        def merge(sheet):
            sheet.merge_cells("A1:F1")

        data = workbook(["物资目录"], HEADERS, LINE, change=merge)
        table = find_table(read_rows(data), item_rows.COLUMNS)
        self.assertEqual(table.header_row, 2)

    def test_what_is_no_table_is_named(self):
        for data, code in (
            (b"", "empty"),
            (b" \r\n ", "empty"),
            (b"\xef\xbb\xbf", "empty"),
            (b"\xd0\xcf\x11\xe0 old excel", "old_or_protected"),
            (b"%PDF-1.7", "not_a_table"),
            (b"\x89PNG\r\n", "not_a_table"),
            (b"PK\x03\x04 broken", "broken_workbook"),
            (b"a,b\0c", "not_a_table"),
            (b"\xff\xff\xff\x80", "unknown_encoding"),
            (b'a,b\n1,"open', "broken_quotes"),
            (b"a" * 200_001, "too_large"),
            (b"a," + b"x" * 3000, "cell_too_long"),
            (b"a," + b"x" * 140_000, "cell_too_long"),
            (b"," * 150_000 + b"x", "too_many_columns"),
            (workbook(), "empty"),
        ):
            with self.subTest(data[:20]):
                self.assertEqual(self._refused(data), code)

    def test_an_archive_that_is_no_workbook_is_no_table(self):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("word/document.xml", "<w/>")
        self.assertEqual(self._refused(stream.getvalue()), "not_a_table")

    def test_a_zip_bomb_is_refused_before_it_is_unpacked(self):
        def blow_up(_body):
            return b"<worksheet>" + b" " * 50_000_000 + b"</worksheet>"

        data = rewritten(workbook(HEADERS, LINE), SHEET, blow_up)
        self.assertLess(len(data), 200_000)
        self.assertEqual(self._refused(data), "too_large_unpacked")

    def test_what_would_be_built_whole_must_be_small(self):
        """A few kilobytes of nothing, which would take gigabytes of memory."""
        sheet = "xl/worksheets/sheet1.xml"
        bombs = {
            "xl/styles.xml": lambda body: body.replace(
                b"<cellXfs", b"<x>" + b"<x/>" * 8_000_000 + b"</x><cellXfs"
            ),
            sheet: lambda body: body.replace(
                b"</row>", b"<c/>" * 2_000_000 + b"</row>"
            ),
        }
        for member, blow_up in bombs.items():
            with self.subTest(member):
                data = rewritten(workbook(HEADERS, LINE), member, blow_up)
                self.assertLess(len(data), 200_000)
                self.assertEqual(self._refused(data, Limits()), "too_large_unpacked")

    def test_texts_that_cells_share_are_read_and_bounded(self):
        stream = io.BytesIO()
        with xlsxwriter.Workbook(stream) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["编码", "名称", "名称"])
            sheet.write_rich_string(1, 0, "A", book.add_format({"bold": True}), "1")
            sheet.write_row(1, 1, ["手套", "手套"])
        data = stream.getvalue()
        self.assertEqual(
            self._cells(data), [("编码", "名称", "名称"), ("A1", "手套", "手套")]
        )
        bomb = rewritten(
            data,
            "xl/sharedStrings.xml",
            lambda body: body.replace(b"</si>", b"<t/>" * 2_000_000 + b"</si>", 1),
        )
        self.assertEqual(self._refused(bomb, Limits()), "too_large_unpacked")

    def test_a_bomb_of_entities_is_refused(self):
        def entities(body):
            start = body.index(b"<worksheet")
            return b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + body[start:]

        data = rewritten(workbook(HEADERS, LINE), SHEET, entities)
        self.assertEqual(self._refused(data), "broken_workbook")

    def test_a_row_or_column_beyond_all_bounds_ends_at_once(self):
        for old, new, code in (
            (b'r="2"', b'r="99999999999"', "too_many_rows"),
            (b'r="F2"', b'r="XFD2"', "too_many_columns"),
            (b'r="F2"', b'r="ABCDEFG2"', "broken_workbook"),
            (b'r="2"', b'r="two"', "broken_workbook"),
        ):
            data = rewritten(
                workbook(HEADERS, LINE), SHEET, lambda b, o=old, n=new: b.replace(o, n)
            )
            with self.subTest(new):
                self.assertEqual(self._refused(data), code)

    def test_a_hundred_thousand_columns_are_refused(self):
        cells = "".join(f"<c><v>{n}</v></c>" for n in range(100_000)).encode()

        def wide(body):
            start = body.index(b"<sheetData>") + len(b"<sheetData>")
            return body[:start] + b"<row>" + cells + b"</row>" + body[start:]

        data = rewritten(workbook(HEADERS, LINE), SHEET, wide)
        limits = Limits(file_bytes=5_000_000)
        self.assertEqual(self._refused(data, limits), "too_many_columns")


nasty = st.one_of(
    st.none(),
    st.text(max_size=30),
    st.integers(-(10**18), 10**18),
    st.floats(allow_nan=True, allow_infinity=True),
    st.booleans(),
    st.sampled_from(
        [
            *("=1/0", "#N/A", "2024-02-30", "1/2/3", "９９９", "1e400", "NaN", "−5"),
            *("nan", "'; DROP TABLE x; --", "\u202e", "是", "9" * 40, "a\x0bb"),
        ]
    ),
)


class TestHostileFiles(BaseCase):
    """Whatever the file: rows, faults with a place, or a known refusal."""

    def _read(self, data):
        for columns in item_rows.COLUMNS, history_rows.COLUMNS:
            try:
                table = find_table(read_rows(data, SMALL), columns)
                for record in records(read_rows(data, SMALL), table, columns):
                    if columns is history_rows.COLUMNS:
                        history_rows.check(record, date(2026, 3, 1), None)
                        if not record.faults:
                            history_rows.Keys().key(record.values)
                    else:
                        item_rows.check(record, {})
                    for fault in record.faults:
                        self.assertGreater(fault.row, table.header_row)
                        self.assertTrue(fault.value.isprintable())
            except SheetRefused as refused:
                self.assertIn(refused.code, KNOWN_REFUSALS)

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.binary(max_size=2_000))
    def test_bytes_of_any_sort(self, data):
        self._read(data)

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.lists(nasty, min_size=6, max_size=6), max_size=5))
    def test_text_files_with_any_cells(self, lines):
        text = "\n".join(
            ",".join('"' + str(cell).replace('"', '""') + '"' for cell in line)
            for line in [HEADERS, *lines]
        )
        self._read(text.encode("utf-8", "surrogatepass"))

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.lists(nasty, min_size=6, max_size=6), max_size=5))
    def test_workbooks_with_any_cells(self, lines):
        def allowed(cell):
            return not isinstance(cell, str) or all(c >= " " for c in cell)

        lines = [[c if allowed(c) else "x" for c in line] for line in lines]
        self._read(workbook(HEADERS, *lines))

    def test_workbooks_with_broken_bytes(self):
        good = workbook(HEADERS, *[LINE] * 20)
        draw = random.Random(7)
        for _trial in range(60):
            data = bytearray(good)
            for _byte in range(draw.choice((1, 3, 30))):
                data[draw.randrange(len(data))] = draw.randrange(256)
            self._read(
                bytes(data[: draw.choice((len(data), draw.randrange(len(data))))])
            )

    def test_workbooks_whose_sheet_is_broken_inside(self):
        good = workbook(HEADERS, *[LINE] * 5)
        draw = random.Random(11)
        members = [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml"]
        for trial in range(60):

            def scratch(body):
                body = bytearray(body)
                for _byte in range(draw.choice((1, 2, 8))):
                    body[draw.randrange(len(body))] = draw.randrange(256)
                return bytes(body)

            member = members[trial % len(members)]
            if member not in zipfile.ZipFile(io.BytesIO(good)).namelist():
                member = SHEET
            self._read(rewritten(good, member, scratch))

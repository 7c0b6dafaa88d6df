"""A file of the hospital as rows with their positions: xlsx or CSV, and no other.

The file comes from outside, so nothing in it is believed: sizes are looked at before
anything is unpacked, and whatever cannot be read is refused with a code and a place.
Reading is a stream; memory does not grow with the number of rows.

Odoo's base_import reads files too, but holds the whole file as text in memory, drops
empty rows (so that a fault could not be named by its row), tells dates only by format,
and has no bounds; so only its idea of trying delimiters is taken over.
"""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

DELIMITERS = ",;\t|"
STRING_TAG = f"{{{SHEET_MAIN_NS}}}si"
XML_HEAD = 4096  # bytes in which a document type would stand
SIGNATURES = {
    b"\xd0\xcf\x11\xe0": "old_or_protected",  # OLE: .xls, or xlsx with a password
    b"%PDF": "not_a_table",
    b"\x89PNG": "not_a_table",
    b"\xff\xd8\xff": "not_a_table",
    b"Rar!": "not_a_table",
    b"7z\xbc\xaf": "not_a_table",
    b"\x1f\x8b": "not_a_table",
}


class SheetRefused(Exception):
    """The file cannot be read as a table; ``code`` says why, ``data`` where."""

    def __init__(self, code: str, **data):
        super().__init__(code, data)
        self.code = code
        self.data = data


class Broken(str):
    """A cell whose value is not to be had; the text is its code.

    ``error_value``: the sheet shows an error such as #N/A.
    ``formula``: a formula whose result the file does not hold.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may measure; bytes, rows, columns, characters."""

    file_bytes: int = 60_000_000
    unpacked_bytes: int = 600_000_000
    text_table_bytes: int = 120_000_000  # the shared strings stay in memory
    part_bytes: int = 30_000_000  # what is built whole: styles, names, relations
    piece_bytes: int = 4_000_000  # from one row or shared string to the next
    members: int = 2_000
    rows: int = 500_000
    columns: int = 200
    cell_length: int = 2_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row that is not empty: its number as the sheet shows it, and its cells.

    A cell is a str, int, float, bool, date, datetime, time, timedelta, ``Broken`` or
    None.
    """

    number: int
    cells: tuple


def read_rows(data: bytes, limits: Limits = Limits()) -> Iterator[Row]:  # noqa: B008
    """The rows of the first sheet; raises ``SheetRefused``.

    >>> [row.cells for row in read_rows("编码;名称\\nA1;手套".encode("gb18030"))]
    [('编码', '名称'), ('A1', '手套')]
    """
    if not data.strip():
        raise SheetRefused("empty")
    if len(data) > limits.file_bytes:
        raise SheetRefused(
            "too_large", size=len(data) / 1e6, limit=limits.file_bytes / 1e6
        )
    for signature, code in SIGNATURES.items():
        if data.startswith(signature):
            raise SheetRefused(code)
    reader = _workbook_rows if data.startswith(b"PK") else _text_rows
    empty = True
    for row in reader(data, limits):
        empty = False
        yield row
    if empty:
        raise SheetRefused("empty")


def _within(number: int, cells: list, limits: Limits) -> Row | None:
    """The row without what is empty; None where nothing is left."""
    if number > limits.rows:
        raise SheetRefused("too_many_rows", limit=limits.rows)
    while cells and (cells[-1] is None or cells[-1] == ""):
        cells.pop()
    if len(cells) > limits.columns:
        raise SheetRefused("too_many_columns", row=number, limit=limits.columns)
    if any(isinstance(c, str) and len(c) > limits.cell_length for c in cells):
        raise SheetRefused("cell_too_long", row=number, limit=limits.cell_length)
    if all(isinstance(c, str) and not c.strip() or c is None for c in cells):
        return None
    return Row(number, tuple(cells))


# --- xlsx -----------------------------------------------------------------------------


class _Parser(WorkSheetParser):
    """Cell values, and what openpyxl would hide: lost results and errors."""

    def parse_cell(self, element):
        """As openpyxl reads it; ``Broken`` where there is an error, or no result."""
        cell = super().parse_cell(element)
        if cell["data_type"] == "e":
            cell["value"] = Broken("error_value")
        elif (
            cell["value"] is None
            and cell["data_type"] != "str"  # the result is an empty text
            and element.find(FORMULA_TAG) is not None
        ):
            cell["value"] = Broken("formula")
        return cell


class _Archive(zipfile.ZipFile):
    """What openpyxl builds whole must be small, whatever it is called."""

    limits: Limits

    def read(self, name, pwd=None):
        if self.getinfo(name).file_size > self.limits.part_bytes:
            limit = self.limits.part_bytes / 1e6
            raise SheetRefused("too_large_unpacked", limit=limit)
        return super().read(name, pwd)


class _Source:
    """A stream that goes on only while something comes of it: a row or text without end
    would be built in memory before its cells could be counted."""

    def __init__(self, stream, limits: Limits):
        self._stream = stream
        self._limit = limits.piece_bytes
        self._since = 0

    def read(self, size=-1):
        chunk = self._stream.read(size)
        self._since += len(chunk)
        if self._since > self._limit:
            raise SheetRefused("too_large_unpacked", limit=self._limit / 1e6)
        return chunk

    def came(self):
        self._since = 0


def _workbook_rows(data: bytes, limits: Limits) -> Iterator[Row]:
    _check_archive(data, limits)
    try:
        reader = ExcelReader(io.BytesIO(data), read_only=True, data_only=True)
        reader.archive.close()
        reader.archive = archive = _Archive(io.BytesIO(data))
        archive.limits = limits
        reader.read_manifest()
        reader.read_workbook()
        apply_stylesheet(archive, reader.wb)
        strings = _shared_strings(reader, limits)
        with archive.open(_first_sheet(reader)) as stream:
            source = _Source(stream, limits)
            parser = _Parser(
                source,
                strings,
                data_only=True,
                epoch=reader.wb.epoch,
                date_formats=reader.wb._date_formats,
                timedelta_formats=reader.wb._timedelta_formats,
            )
            for number, found in parser.parse():
                source.came()
                if row := _within(number, _in_columns(number, found, limits), limits):
                    yield row
    except SheetRefused:
        raise
    except MemoryError:
        raise SheetRefused("too_large_unpacked", limit=limits.unpacked_bytes / 1e6)
    # Whatever a reader of three formats raises on a broken file: it is unreadable.
    except Exception as error:  # noqa: BLE001
        raise SheetRefused("broken_workbook", error=type(error).__name__) from error


def _first_sheet(reader):
    """The member that holds the first sheet which is no chart."""
    return next(
        rel.target
        for _sheet, rel in reader.parser.find_sheets()
        if rel.target in reader.valid_files and "chartsheet" not in rel.Type
    )


def _shared_strings(reader, limits):
    """As openpyxl reads them; texts that many cells share."""
    part, strings = reader.package.find(SHARED_STRINGS), []
    if part is None:
        return strings
    name = part.PartName[1:]
    if reader.archive.getinfo(name).file_size > limits.text_table_bytes:
        limit = limits.text_table_bytes / 1e6
        raise SheetRefused("too_large_unpacked", limit=limit)
    with reader.archive.open(name) as stream:
        source = _Source(stream, limits)
        for _event, node in iterparse(source):
            if node.tag == STRING_TAG:
                strings.append(Text.from_tree(node).content.replace("x005F_", ""))
                node.clear()
                source.came()
    return strings


def _in_columns(number: int, found: list, limits: Limits) -> list:
    found = [cell for cell in found if cell["value"] is not None]
    width = max((cell["column"] for cell in found), default=0)
    if width > limits.columns:
        raise SheetRefused("too_many_columns", row=number, limit=limits.columns)
    cells = [None] * width
    for cell in found:
        cells[cell["column"] - 1] = cell["value"]
    return cells


def _check_archive(data: bytes, limits: Limits) -> None:
    """Refuse what would not fit, before it is unpacked.

    zipfile reads no member further than the size it declares, so declared sizes bound
    what is unpacked.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = archive.infolist()
        names = {member.filename for member in members}
        if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
            raise SheetRefused("not_a_table")
        texts = sum(m.file_size for m in members if "sharedStrings" in m.filename)
        if (
            sum(member.file_size for member in members) > limits.unpacked_bytes
            or texts > limits.text_table_bytes
            or len(members) > limits.members
        ):
            raise SheetRefused("too_large_unpacked", limit=limits.unpacked_bytes / 1e6)
        for member in members:
            if member.filename.endswith((".xml", ".rels")):
                with archive.open(member) as source:
                    head = source.read(XML_HEAD).replace(b"\0", b"")
                if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                    raise SheetRefused("broken_workbook", error="DOCTYPE")
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, RuntimeError) as error:
        raise SheetRefused("broken_workbook", error=type(error).__name__) from error
    except (NotImplementedError, zipfile.LargeZipFile, zipfile.zlib.error) as error:
        raise SheetRefused("broken_workbook", error=type(error).__name__) from error


# --- CSV ------------------------------------------------------------------------------


def _text_rows(data: bytes, limits: Limits) -> Iterator[Row]:
    text = decode(data)
    lines = io.StringIO(text, newline="")
    number = 0
    try:
        rows = csv.reader(lines, delimiter=_delimiter(text), strict=True)
        for number, cells in enumerate(rows, start=1):
            if row := _within(number, cells, limits):
                yield row
    except csv.Error as error:
        code = "cell_too_long" if "field larger" in str(error) else "broken_quotes"
        raise SheetRefused(code, row=number + 1, limit=limits.cell_length) from error


def decode(data: bytes) -> str:
    """The text, by its byte order mark, as UTF-8, or as GB 18030 (GBK, GB 2312)."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in data:
        raise SheetRefused("not_a_table")
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise SheetRefused("not_a_table")
        return text
    raise SheetRefused("unknown_encoding")


def _delimiter(text: str) -> str:
    """The delimiter that cuts most of the first lines into the same, largest number."""
    sample = text[:20_000].splitlines()[:30]
    best, score = ",", (0, 0)
    for delimiter in DELIMITERS:
        try:
            widths = Counter(
                len(row) for row in csv.reader(sample, delimiter=delimiter) if row
            )
        except csv.Error:
            continue
        widths.pop(1, None)
        if widths:
            width, times = widths.most_common(1)[0]
            if (times, width) > score:
                best, score = delimiter, (times, width)
    return best

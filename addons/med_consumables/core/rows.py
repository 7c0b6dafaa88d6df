"""A table of the hospital: its header row, its columns, and its rows with their faults.

What an import of items and one of history share. A fault names its row and column as
the sheet shows them, so that whoever mends the file finds the cell at once.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from .cell_values import CellFault, text
from .headers import Column, is_identity_number, recognise, speaks_of_patients
from .sheet import Row, SheetRefused

HEADER_WITHIN = 20  # rows: titles and remarks often stand above the headers
SHOWN = 60  # characters of a wrong value that a fault keeps


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell; ``position`` is None where it is the whole row."""

    row: int
    code: str
    key: str | None = None
    position: int | None = None
    value: str = ""
    data: dict = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """The header row and where each known column stands."""

    header_row: int
    headers: tuple[str, ...]
    mapping: dict[str, int]


@dataclass(frozen=True, slots=True)
class Record:
    """The values of one row, by column key, and its faults."""

    row: int
    values: dict
    faults: tuple[Fault, ...] = ()

    def fault(self, code: str, key: str, **data) -> Fault:
        """A fault of what stands under column ``key``; ``data`` goes into its text."""
        value = self.values.get(key)
        return Fault(
            self.row, code, key, value="" if value is None else str(value), data=data
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do with one row: create, change, keep; none if faulty.

    ``record_id`` is the record found (0 for a new one), ``values`` what would be
    written, ``more`` what the importing kind keeps beside it.
    """

    row: int
    action: str
    record_id: int = 0
    values: dict = field(default_factory=dict)
    more: dict = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


def find_table(
    rows: Iterable[Row], columns: Sequence[Column], mapping: dict | None = None
) -> Table:
    """The table that begins in the first rows; raises ``SheetRefused``.

    ``mapping`` gives columns by hand (``{key: position}``); the header row is then the
    one that has most of its own words in all the same.
    """
    best, first = None, None
    for row in rows:
        headers = tuple(_header(cell) for cell in row.cells)
        first = first or Table(row.number, headers, {})
        found = Table(row.number, headers, recognise(headers, columns))
        if best is None or len(found.mapping) > len(best.mapping):
            best = found
        if row.number >= HEADER_WITHIN:
            break
    if best is None:
        raise SheetRefused("empty")
    if not best.mapping:
        best = first
    patients = [header for header in best.headers if speaks_of_patients(header)]
    if patients:
        raise SheetRefused("patient_columns", columns=patients)
    if mapping is not None:
        best = Table(best.header_row, best.headers, dict(mapping))
    return best


def missing_columns(table: Table, columns: Sequence[Column]) -> list[Column]:
    """The columns that an import cannot do without and this table lacks."""
    return [c for c in columns if c.required and c.key not in table.mapping]


def records(
    rows: Iterable[Row], table: Table, columns: Sequence[Column]
) -> Iterator[Record]:
    """Every row below the header, read; rows that repeat the header are passed over."""
    readers = [
        (column, table.mapping[column.key])
        for column in columns
        if column.key in table.mapping
    ]
    for row in rows:
        if row.number <= table.header_row or _repeats(row, table):
            continue
        if position := _identity(row):
            raise SheetRefused(
                "patient_values",
                row=row.number,
                column=table.headers[position - 1]
                if position <= len(table.headers)
                else "",
            )
        yield _record(row, readers)


def letter(position: int) -> str:
    """The column's letter, from its place counted from 0.

    >>> letter(0), letter(27)
    ('A', 'AB')
    """
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def shown(value) -> str:
    """A wrong value as a fault shows it: short, and without control characters."""
    clean = "".join(c if c.isprintable() else "·" for c in str(value))
    return clean if len(clean) <= SHOWN else clean[: SHOWN - 1] + "…"


def _record(row: Row, readers) -> Record:
    values, faults = {}, []
    for column, position in readers:
        cell = row.cells[position] if position < len(row.cells) else None
        try:
            value = column.read(cell)
        except CellFault as fault:
            faults.append(
                Fault(
                    row.number,
                    fault.code,
                    column.key,
                    position,
                    shown(cell),
                    fault.data,
                )
            )
            continue
        if value is None and column.required:
            faults.append(Fault(row.number, "missing", column.key, position))
        values[column.key] = value
    return Record(row.number, values, tuple(faults))


def _header(cell) -> str:
    try:
        return text(cell) or ""
    except CellFault:
        return ""


def _repeats(row: Row, table: Table) -> bool:
    return tuple(_header(cell) for cell in row.cells) == table.headers


def _identity(row: Row) -> int:
    """Which cell (from 1) holds a person's identity number; 0 where none does."""
    for position, cell in enumerate(row.cells, start=1):
        if isinstance(cell, str) and is_identity_number(cell):
            return position
    return 0

"""A file of lines as records of names and texts: CSV, xlsx or JSON lines.

The table readers of the floor below are passed in; here it is only decided what the
file is, where its header stands and which records are in it. Nothing in a file is ever
run: of a formula only the result that the file holds is read.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .errors import PlaceError
from .feed_line import FIELDS, names_of
from .json_text import Limits, read_json

TABLES = (".csv", ".txt", ".xlsx")
JSON_LINES = (".jsonl", ".ndjson", ".json")
#: Endings and beginnings of files that somebody is still writing.
UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".sha256")
HIDDEN = (".", "~$", "_")
LONGEST_LINE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Record:
    """One record: where it stands, and its values by name; or why it has none."""

    position: str
    values: dict | None = None
    error: PlaceError | None = None


def is_for_us(name: str) -> bool:
    """Whether a file of this name is one that is taken.

    >>> [is_for_us(n) for n in ("use.csv", "USE.XLSX", ".use.csv", "use.csv.tmp")]
    [True, True, False, False]
    """
    lower = name.lower()
    return lower.endswith(TABLES + JSON_LINES) and not (
        lower.startswith(HIDDEN) or lower.endswith(UNFINISHED)
    )


def read_records(
    name: str, data: bytes, read_table: Callable, names: dict, is_broken: Callable
) -> Iterator[Record]:
    """The records of a file; ``PlaceError`` where the whole file cannot be read.

    ``read_table(data)`` gives rows with ``number`` and ``cells``; ``names`` maps our
    fields to the file's columns; ``is_broken(cell)`` tells a cell that has no value.
    """
    if name.lower().endswith(JSON_LINES):
        yield from _json_records(data)
    else:
        yield from _table_records(read_table(data), names, is_broken)


def missing_columns(header: list[str], names: dict) -> list[str]:
    """Required fields that no column of a header bears."""
    there = {text.strip().casefold() for text in header}
    return [
        field
        for field, (required, _meaning, _others) in FIELDS.items()
        if required
        and field != "quantity"
        and not there
        & {
            each.casefold()
            for each in ((names[field],) if names.get(field) else names_of(field))
        }
    ]


def _json_records(data):
    found = False
    for number, line in enumerate(data.splitlines(), start=1):
        if not line.strip():
            continue
        found = True
        position = f"line {number}"
        try:
            values = read_json(line, Limits(size=LONGEST_LINE))
            if not isinstance(values, dict):
                raise PlaceError("structure", position, "not an object")
            yield Record(position, values)
        except PlaceError as error:
            yield Record(position, error=PlaceError(error.code, position, error.text))
    if not found:
        raise PlaceError("no_lines", text="the file is empty")


def _table_records(rows, names, is_broken):
    header = None
    for row in rows:
        if header is None:
            header = ["" if is_broken(cell) else str(cell or "") for cell in row.cells]
            if missing := missing_columns(header, names):
                words = ", ".join(missing)
                raise PlaceError("required", "row 1", f"no column for: {words}")
            continue
        yield _table_record(f"row {row.number}", header, row.cells, is_broken)
    if header is None:
        raise PlaceError("no_lines", text="the file is empty")


def _table_record(position, header, cells, is_broken):
    values = {}
    for name, cell in zip(header, cells, strict=False):
        if is_broken(cell):
            error = PlaceError("value", position, f"no value in the column {name}")
            return Record(position, error=error)
        values[name] = cell
    return Record(position, values)

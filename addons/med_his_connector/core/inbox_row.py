"""A stored message as the columns of its table, for one row or for many at once."""

import base64

from .inbox import Arrival, Verdict

#: How much of a field's text a column keeps; keys and hashes are whole.
COLUMN_CHARS = 200
#: Column and type, in the order of ``row_of``.
COLUMNS = (
    ("channel_id", "int4"),
    ("company_id", "int4"),
    ("message_key", "varchar"),
    ("lane", "int4"),
    ("control_id", "varchar"),
    ("sender_application", "varchar"),
    ("sender_facility", "varchar"),
    ("message_type", "varchar"),
    ("processing_id", "varchar"),
    ("version", "varchar"),
    ("codec", "varchar"),
    ("peer", "varchar"),
    ("sha256", "varchar"),
    ("size", "int4"),
    ("raw", "bytea"),
    ("answer", "bytea"),
    ("answer_code", "varchar"),
    ("state", "varchar"),
    ("error_code", "varchar"),
    ("error_position", "varchar"),
    ("error_text", "varchar"),
    ("reply_wanted", "bool"),
)
RAW, SHA256 = (
    [name for name, _type in COLUMNS].index(name) for name in ("raw", "sha256")
)
#: What a message begins with, whatever it is.
BEGINNING = {"attempts": 0, "line_count": 0, "skipped_count": 0, "repeated_count": 0}


def row_of(arrival: Arrival, verdict: Verdict) -> tuple:
    """The values of ``COLUMNS``; the content is still to be sealed."""
    receiver, labels, error = arrival.receiver, verdict.labels, verdict.error
    return (
        receiver.channel_id,
        receiver.company_id,
        verdict.key,
        verdict.lane,
        labels.control_id[:COLUMN_CHARS] or None,
        labels.application[:COLUMN_CHARS] or None,
        labels.facility[:COLUMN_CHARS] or None,
        labels.message_type[:COLUMN_CHARS] or None,
        labels.processing_id[:COLUMN_CHARS] or None,
        labels.version[:COLUMN_CHARS] or None,
        verdict.codec or None,
        arrival.peer,
        verdict.sha256,
        verdict.size,
        verdict.content or None,
        stored_bytes(verdict.answer.content) or None,
        verdict.answer.code or None,
        verdict.state,
        error.code if error else None,
        error.position if error else None,
        error.text if error else None,
        receiver.replies and not error and bool(verdict.header.raw(16)),
    )


def columns_of(rows: list[tuple], seal_all) -> list[str]:
    """The rows as one array a column, as PostgreSQL reads it; contents are sealed.

    ``seal_all([(content, bound to)])`` seals what there is of content.
    """
    columns = list(zip(*rows, strict=True))
    columns[RAW] = _sealed(columns[RAW], columns[SHA256], seal_all)
    return [array_of(column) for column in columns]


def array_of(values) -> str:
    """An array as PostgreSQL writes it: one text is read much faster than many."""
    if isinstance(values[0], str) and None not in values:
        joined = "\x1f".join(values)
        if "\\" not in joined and '"' not in joined:
            return '{"' + '","'.join(values) + '"}'
    return "{" + ",".join(map(_element, values)) + "}"


def stored_bytes(content: bytes) -> str:
    """Base64 as text: PostgreSQL reads it as the same bytes, and it is shorter there
    than bytes written in hexadecimal."""
    return base64.b64encode(content).decode()


def _sealed(contents, hashes, seal_all):
    given = [pair for pair in zip(contents, hashes, strict=True) if pair[0]]
    if not given:
        return contents
    sealed = iter(seal_all(given))
    return [stored_bytes(next(sealed)) if content else None for content in contents]


def _element(value):
    if value is None:
        return "NULL"
    text = str(value)
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'

"""JSON from outside, read without trust and written back without loss.

Numbers stay as they were written (``Decimal("1.10")``); a name that occurs twice in one
object, NaN and Infinity are refused; depth and number of values are bounded before
anything is built.

Source: RFC 8259; FHIR R4, 2.6.3 (precision of decimals must be kept).
"""

import json
import re
from dataclasses import dataclass
from decimal import Decimal

from .errors import PlaceError

#: A string, also one that never ends: looked at once, and never gone back into.
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{},]', re.DOTALL)
#: An escape that stands for half a character.
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
#: An escape that stands for NUL, which no database keeps in a text.
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
LONGEST_NUMBER = 60
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one text may cost us."""

    size: int = 5 * 1024 * 1024
    depth: int = 40
    values: int = 300_000


def read_json(raw: bytes, limits: Limits = Limits()) -> object:  # noqa: B008
    """The value of a JSON text in UTF-8; ``PlaceError`` where it is none.

    >>> read_json(b'{"value": 1.10}')
    {'value': Decimal('1.10')}
    """
    if len(raw) > limits.size:
        raise PlaceError("too_large", text=f"more than {limits.size} bytes")
    raw = raw.removeprefix(BOM)
    _check_size(raw, limits)
    try:
        value = json.loads(
            raw.decode("utf-8"),
            parse_float=_number,
            parse_int=_number,
            parse_constant=_no_number,
            object_pairs_hook=_object,
        )
        if NUL.search(raw):
            raise PlaceError("charset_invalid", text="NUL in a text")
        if SURROGATE.search(raw):
            write_json(value)  # half a character cannot be written
        return value
    except UnicodeEncodeError:
        raise PlaceError("charset_invalid", text="half a character") from None
    except UnicodeDecodeError as error:
        raise PlaceError(
            "charset_invalid", text=f"not UTF-8 at byte {error.start}"
        ) from None
    except json.JSONDecodeError as error:
        # Its message names what was expected, and never quotes the text.
        raise PlaceError(
            "json",
            text=f"not JSON at line {error.lineno} column {error.colno}: {error.msg}",
        ) from None
    except RecursionError:
        raise PlaceError("too_large", text="nested too deeply") from None


def write_json(value: object) -> bytes:
    """The same text for the same value, numbers as they were written, names sorted."""
    return "".join(_written(value)).encode("utf-8")


def _check_size(raw, limits):
    """Brackets and commas are counted outside of strings, before anything is built."""
    depth = values = 0
    for match in TOKEN.finditer(raw):
        token = match[0]
        if token in (b"{", b"["):
            depth += 1
        elif token in (b"}", b"]"):
            depth -= 1
        elif token == b",":
            values += 1
        if depth > limits.depth:
            raise PlaceError("too_large", text="nested too deeply")
        if values > limits.values:
            raise PlaceError("too_large", text=f"more than {limits.values} values")


def _number(text):
    if len(text) > LONGEST_NUMBER:
        raise PlaceError("json", text="a number with too many digits")
    return Decimal(text)


def _no_number(_text):
    raise PlaceError("json", text="NaN and Infinity are no JSON")


def _object(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise PlaceError("json", text="a name that occurs twice in one object")
    return found


def _written(value):
    if isinstance(value, dict):
        yield "{"
        for number, name in enumerate(sorted(value)):
            yield f"{',' if number else ''}{json.dumps(name, ensure_ascii=False)}:"
            yield from _written(value[name])
        yield "}"
    elif isinstance(value, list | tuple):
        yield "["
        for number, item in enumerate(value):
            if number:
                yield ","
            yield from _written(item)
        yield "]"
    elif isinstance(value, Decimal):
        yield str(value)
    else:
        yield json.dumps(value, ensure_ascii=False)

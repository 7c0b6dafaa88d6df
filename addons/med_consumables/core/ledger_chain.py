"""A hash chain over the lines of a ledger: whoever changes one breaks it.

Lines are sealed in batches. A seal holds the hash of its batch, which covers the hash
of the batch before, and a short digest of each line, so that a broken batch can name
the line. SHA-256 throughout; whoever keeps one hash elsewhere (on paper) can prove that
nothing before it was changed.
"""

import hashlib
import json
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

#: Before the first seal.
GENESIS = "0" * 64
#: One entry of a manifest: the line's id and the first bytes of its hash.
ENTRY = struct.Struct(">q12s")


@dataclass(frozen=True, slots=True)
class Seal:
    """One sealed batch; ``manifest`` is a run of ``ENTRY``."""

    hash: str
    count: int
    manifest: bytes


@dataclass(frozen=True, slots=True)
class Break:
    """The first thing that is wrong: a line (``line``) or the seal itself (None).

    ``what`` is one of changed, removed, inserted, seal, chain.
    """

    what: str
    line: int | None = None


def canonical(values: Sequence[object]) -> bytes:
    """Values of one line in the one way of writing them that is hashed.

    >>> canonical([7, None, 2.0, datetime(2026, 3, 1, 8)])
    b'["7",null,"2","2026-03-01T08:00:00"]'
    """
    return json.dumps(
        [_written(value) for value in values], ensure_ascii=False, separators=(",", ":")
    ).encode()


def _written(value):
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (int, str)):
        return str(value)
    return f"{value:.6f}".rstrip("0").rstrip(".")


def seal(previous: str, lines: Iterable[tuple[int, bytes]]) -> Seal:
    """Seal ``lines``, (id, canonical text) in the order of their ids.

    >>> seal(GENESIS, [(1, b"a")]).hash == seal(GENESIS, [(1, b"b")]).hash
    False
    """
    total, manifest, count = hashlib.sha256(previous.encode()), bytearray(), 0
    for line, text in lines:
        digest = hashlib.sha256(text).digest()
        total.update(digest)
        manifest += ENTRY.pack(line, digest[:12])
        count += 1
    return Seal(total.hexdigest(), count, bytes(manifest))


def first_break(
    kept: Seal, previous: str, lines: Iterable[tuple[int, bytes]]
) -> Break | None:
    """What is wrong with ``lines`` against the seal that was kept of them, if anything.

    ``previous`` is the hash of the seal before.
    """
    found = seal(previous, lines)
    if (found.hash, found.count) == (kept.hash, kept.count):
        return None
    return _first_difference(kept.manifest, found.manifest) or Break("seal")


def _first_difference(kept: bytes, found: bytes) -> Break | None:
    before, after = dict(_entries(kept)), dict(_entries(found))
    for line in sorted(before.keys() | after.keys()):
        if line not in after:
            return Break("removed", line)
        if line not in before:
            return Break("inserted", line)
        if before[line] != after[line]:
            return Break("changed", line)
    return None


def _entries(manifest: bytes):
    whole = len(manifest) - len(manifest) % ENTRY.size
    return ENTRY.iter_unpack(manifest[:whole])

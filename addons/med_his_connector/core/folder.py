"""The folder in which another system puts files: what lies ready, is taken, put away.

    in/NAME ──> taken/ID/NAME ──> archive/DATE-NUMBER-NAME, or errors/

A file is first renamed into a folder of its own. From then on it is ours: what the
sender puts under the same name while we read is another file, and waits for its turn.
"""

import contextlib
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from .file_rows import is_for_us

#: What stands in a channel's folder.
INBOX, TAKEN, ARCHIVE, ERRORS = "in", "taken", "archive", "errors"
CHUNK = 1024 * 1024
#: Of a name in bytes: date, number and ending are put around it, and 255 is the most.
LONGEST_NAME = 180


@dataclass(frozen=True, slots=True)
class Found:
    """A file as it lies there; ``data`` is None where it is larger than is read."""

    size: int
    sha256: str
    data: bytes | None


@dataclass(frozen=True, slots=True)
class Folder:
    """A channel's folder on the disk, and when a file in it is ready."""

    root: Path
    settle_seconds: int
    needs_checksum: bool

    def take(self, now: float, limit: int) -> list[Path]:
        """Claim up to ``limit`` files that nobody writes any more; the oldest first.

        Those that were claimed before a fall come before all others.
        """
        for part in (INBOX, TAKEN, ARCHIVE, ERRORS):
            (self.root / part).mkdir(parents=True, exist_ok=True)
        inbox, taken = self.root / INBOX, self.root / TAKEN
        for own in taken.iterdir():
            self._give_back(own)
        left = self._ready([each for own in taken.iterdir() for each in _in(own)], now)
        fresh = self._ready(_in(inbox), now)[: max(0, limit - len(left))]
        return [*left[:limit], *filter(None, map(self._claim, fresh))]

    def put_away(self, path: Path, part: str, name: str, reason: str = "") -> str:
        """Move a file that was taken; where to, or '' if somebody else was faster."""
        place = self.root / part
        try:
            os.replace(path, place / name)
        except FileNotFoundError:
            return ""
        with contextlib.suppress(FileNotFoundError):
            os.replace(checksum_file(path), place / f"{name}.sha256")
        with contextlib.suppress(OSError):  # whatever else was put there stays
            path.parent.rmdir()
        if reason:
            (place / f"{name}.why.txt").write_text(f"{reason}\n", encoding="utf-8")
        return f"{part}/{name}"

    def _ready(self, paths, now):
        found = []
        for path in paths:
            try:
                status = path.lstat()
            except FileNotFoundError:
                continue  # it is being renamed
            if not stat.S_ISREG(status.st_mode) or not is_for_us(path.name):
                continue
            if self.needs_checksum and not checksum_file(path).exists():
                continue
            # A clock ahead of ours, as on a network drive, must not hold a file back.
            if not 0 <= now - status.st_mtime < self.settle_seconds:
                found.append((status.st_mtime, path))
        return [path for _time, path in sorted(found)]

    def _claim(self, path):
        """The file under a name that only we know; its checksum goes first."""
        own = self.root / TAKEN / uuid4().hex
        own.mkdir()
        with contextlib.suppress(FileNotFoundError):
            os.rename(checksum_file(path), checksum_file(own / path.name))
        try:
            os.rename(path, own / path.name)
        except FileNotFoundError:
            self._give_back(own)
            return None
        return own / path.name

    def _give_back(self, own):
        """A checksum without its file, which somebody took back or we left there."""
        lying = _in(own)
        if lying and all(each.name.endswith(".sha256") for each in lying):
            for each in lying:
                with contextlib.suppress(FileExistsError):
                    os.link(each, self.root / INBOX / each.name, follow_symlinks=False)
                each.unlink()
        with contextlib.suppress(OSError):
            own.rmdir()


def _in(folder):
    try:
        return list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def checksum_file(path: Path) -> Path:
    """Where the SHA-256 of a file stands, if anywhere."""
    return path.with_name(f"{path.name}.sha256")


def checksum_of(path: Path) -> str:
    """What the file beside it says, in the form that sha256sum writes; '' if none, and
    what agrees with nothing where it cannot be read."""
    try:
        with _opened(checksum_file(path)) as beside:
            words = beside.read(4096).decode("ascii", "replace").split()
    except FileNotFoundError:
        return ""
    except OSError:
        return "?"
    return words[0].lower() if words else "?"


def _opened(path):
    """No link is followed, and nothing that is no file is waited for."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    return os.fdopen(os.open(path, flags), "rb")


def read_settled(path: Path, largest: int) -> Found | None:
    """A file that did not change while it was read; None otherwise."""
    try:
        with _opened(path) as file:
            before = os.fstat(file.fileno())
            digest, parts = hashlib.sha256(), []
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                if before.st_size <= largest:
                    parts.append(chunk)
            read = file.tell()
            after = os.stat(path)
    except FileNotFoundError:
        return None
    same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    if not same or read != before.st_size:
        return None
    data = b"".join(parts) if read <= largest else None
    return Found(read, digest.hexdigest(), data)


def readable(name: str) -> str:
    """A name as text: senders on Windows write theirs in GBK, which a file system takes
    as it comes; what cannot be shown is left out."""
    raw = os.fsencode(name)
    for codec in ("utf-8", "gb18030"):
        with contextlib.suppress(UnicodeDecodeError):
            name = raw.decode(codec)
            break
    return "".join(each if each.isprintable() else "_" for each in name)


def shortened(name: str) -> str:
    """So long that a file may bear it, with its ending."""
    stem, ending = os.path.splitext(name)
    room = LONGEST_NAME - len(ending.encode())
    return stem.encode()[:room].decode(errors="ignore") + ending

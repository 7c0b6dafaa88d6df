"""MLLP: where one message ends and the next begins in a stream of bytes.

A frame is ``VT message FS CR``. None of the three bytes can occur inside a character
of UTF-8, GBK, GB 18030 or ISO 8859, so frames are cut before anything is decoded.

Source: HL7 v2.9.1, Transport Specification: MLLP, Release 1, section 2.
"""

import hashlib
from dataclasses import dataclass

VT, FS, CR = b"\x0b", b"\x1c", b"\x0d"
BETWEEN_FRAMES = b"\r\n\t \x00"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection may cost us; bytes and seconds."""

    frame_bytes: int = 5 * 1024 * 1024
    stray_bytes: int = 1024
    receive_seconds: float = 30.0  # from a frame's first byte to its last
    idle_seconds: float = 300.0  # between frames
    connections: int = 50


@dataclass(slots=True)
class Frame:
    """One message as it was sent."""

    content: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """Bytes that are no message. They are not kept: only how many, and their hash.

    ``reason``: ``stray`` (outside any frame), ``unfinished`` (a new frame began before
    this one ended, or the line was cut), ``too_large``. After a ``fatal`` one the
    stream cannot be trusted and the connection must be closed.
    """

    reason: str
    size: int
    sha256: str
    fatal: bool = False


class Decoder:
    """Feeds on chunks of any size and gives frames and refusals in order.

    Tolerant where senders are known to differ: line ends and spaces between frames,
    a last CR that is missing or late. Memory is bounded by ``limits``.

    >>> decoder = Decoder(Limits())
    >>> decoder.feed(VT + b"MSH|")
    []
    >>> decoder.feed(b"..." + FS + CR)
    [Frame(content=b'MSH|...')]
    """

    def __init__(self, limits: Limits):
        self._limits = limits
        self._frame: bytearray | None = None
        self._stray = hashlib.sha256()
        self._stray_size = 0
        self._dead = False

    @property
    def in_frame(self) -> bool:
        return self._frame is not None

    def feed(self, chunk: bytes) -> list[Frame | Refused]:
        """What this chunk completes, in order; nothing more after a fatal refusal."""
        if self._is_one_frame(chunk):
            return [Frame(chunk[1:-2])]
        events: list[Frame | Refused] = []
        while chunk and not self._dead:
            step = self._inside if self.in_frame else self._outside
            chunk = step(chunk, events)
        return events

    def close(self) -> list[Refused]:
        """The line was cut: what remains is refused."""
        events: list[Frame | Refused] = []
        self._end_stray(events)
        if self._frame is not None:
            events.append(self._refused("unfinished", self._frame))
            self._frame = None
        return events

    def _is_one_frame(self, chunk):
        """What most senders send: one message, whole, with nothing before or after."""
        return (
            chunk[:1] == VT
            and chunk.find(FS) == len(chunk) - 2
            and chunk[-1:] == CR
            and chunk.rfind(VT) == 0
            and len(chunk) <= self._limits.frame_bytes
            and not (self.in_frame or self._stray_size or self._dead)
        )

    def _outside(self, chunk, events):
        stray, start, rest = chunk.partition(VT)
        stray = stray.lstrip(BETWEEN_FRAMES) if not self._stray_size else stray
        if stray:
            self._stray.update(stray)
            self._stray_size += len(stray)
            if self._stray_size > self._limits.stray_bytes:
                self._end_stray(events, fatal=True)
                return b""
        if start:
            self._end_stray(events)
            self._frame = bytearray()
        return rest

    def _inside(self, chunk, events):
        # A VT inside a frame means that the sender gave up and began again.
        ends = [at for at in (chunk.find(FS), chunk.find(VT)) if at >= 0]
        end = min(ends, default=len(chunk))
        self._frame += chunk[:end]
        if len(self._frame) > self._limits.frame_bytes:
            events.append(self._refused("too_large", self._frame, fatal=True))
            self._frame, self._dead = None, True
            return b""
        if not ends:
            return b""
        if chunk[end : end + 1] == FS:
            events.append(Frame(bytes(self._frame)))
            self._frame = None
        else:
            events.append(self._refused("unfinished", self._frame))
            self._frame = bytearray()
        return chunk[end + 1 :]

    def _end_stray(self, events, fatal=False):
        if self._stray_size:
            digest = self._stray.hexdigest()
            events.append(Refused("stray", self._stray_size, digest, fatal))
            self._dead = fatal
        self._stray, self._stray_size = hashlib.sha256(), 0

    @staticmethod
    def _refused(reason, content, fatal=False):
        return Refused(reason, len(content), hashlib.sha256(content).hexdigest(), fatal)


def wrap(content: bytes) -> bytes:
    """``content`` as one frame."""
    return VT + content + FS + CR

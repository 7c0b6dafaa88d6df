"""The sending side of MLLP: one message, its answer, then the next."""

import contextlib
import socket
import ssl
import time

from ..core.framing import Decoder, Frame, Limits, wrap
from ..core.mllp_answer import Received, read_answer
from ..core.peer_name import is_pinned, names_of

CONNECT_SECONDS = 10
CHUNK = 64 * 1024


class LineDown(Exception):
    """The receiver cannot be reached, or is not at work."""


class NoAnswer(LineDown):
    """It was reached and given the message, and said nothing."""


class Rejected(NoAnswer):
    """It was given the message, and says that it takes none at present."""


class NotAtWork(LineDown):
    """It answers that it serves nobody at present, or nobody with this key."""


class MllpClient:
    """A connection that is opened when it is needed and kept for the next message."""

    def __init__(self, host, port, seconds, tls=None, pins=None):
        """``tls`` is an ``ssl.SSLContext`` that checks the receiver, or None; with
        ``pins`` the name in its certificate must be one of them."""
        self._address = host, port
        self._seconds = seconds
        self._tls = tls
        self._pins = pins
        self._socket = None

    def send(self, content: bytes, control_id: str, codec: str) -> Received:
        """The answer to this very message; ``LineDown`` where there was none."""
        deadline = time.monotonic() + self._seconds
        problem = LineDown
        try:
            self._connect()
            problem = NoAnswer
            self._socket.sendall(wrap(content))
            return self._receive(control_id, codec, deadline)
        except (OSError, ssl.SSLError, ValueError) as error:
            # A ValueError is of the address: what is no name of any machine.
            self.close()
            raise problem(words_of(error)) from None

    def close(self):
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.close()
            self._socket = None

    def _connect(self):
        if self._socket is not None:
            return
        made = socket.create_connection(self._address, CONNECT_SECONDS)
        try:
            if self._tls:
                made = self._tls.wrap_socket(made, server_hostname=self._address[0])
                self._check_pins(made)
        except BaseException:
            made.close()
            raise
        self._socket = made

    def _check_pins(self, made):
        names = names_of(made.getpeercert())
        if self._pins is not None and not is_pinned(names, self._pins):
            raise LineDown("its certificate is of nobody who may receive here")

    def _receive(self, control_id, codec, deadline):
        decoder = Decoder(Limits(frame_bytes=1024 * 1024))
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            chunk = self._socket.recv(CHUNK)
            if not chunk:
                raise ConnectionResetError("closed without an answer")
            for event in decoder.feed(chunk):
                if not isinstance(event, Frame):
                    continue
                answer = read_answer(event.content, control_id, codec)
                if answer.fate != "foreign":
                    return answer
        raise TimeoutError("no answer in time")


def words_of(error):
    """What is in the way, without what was sent."""
    return getattr(error, "strerror", None) or type(error).__name__


def tls_context(authority: str):
    """Checks the receiver's certificate by ``authority`` (PEM), or by the system's."""
    context = ssl.create_default_context(cadata=authority or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context

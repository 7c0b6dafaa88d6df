"""One connection: who it is, its frames, and the answers in their order."""

import asyncio
import ipaddress
import logging
import ssl
import time

from ..core.framing import Decoder, Frame, wrap
from ..core.peer_name import is_pinned, names_of
from ..core.tls import reason_of
from .patience import Patience
from .writer import NotStored

_logger = logging.getLogger(__name__)

CHUNK_BYTES = 64 * 1024
HANDSHAKE_SECONDS = 10.0


class Refused(Exception):
    """This connection is closed without a word; the text says why, for us."""


class Connection:
    """Serves one sender until it leaves, is cut off, or the gateway ends.

    A sender is answered only when its message is committed. Where that fails, for
    whatever reason, the connection is closed without a word: then it sends again, and
    nothing is lost; what was stored after all is recognised.
    """

    def __init__(self, line, context, reader, writer, gateway):
        self.line = line
        self.names = ()
        self.messages = 0
        self.is_idle = False
        self._context = context
        self._reader = reader
        self._writer = writer
        self._gateway = gateway
        self._decoder = Decoder(line.limits)
        self._patience = None
        self.peer = (writer.get_extra_info("peername") or ("",))[0]

    async def open(self):
        """Let it in, or raise ``Refused``; nothing is read before that."""
        # A client may speak at once: what it says belongs to the handshake.
        self._writer.transport.pause_reading()
        self._check_network()
        if not self._context:
            self._writer.transport.resume_reading()
            return
        try:
            await self._writer.start_tls(
                self._context, ssl_handshake_timeout=HANDSHAKE_SECONDS
            )
        except (ssl.SSLError, OSError, EOFError) as error:
            raise Refused(f"TLS: {reason_of(error)}") from None
        self.names = names_of(self._writer.get_extra_info("peercert"))
        if not is_pinned(self.names, self.line.tls.pins):
            raise Refused("its certificate is of nobody who may send here")

    async def converse(self):
        """Read and answer until the end, whatever the end is."""
        self._patience = Patience()
        try:
            await self._read_and_answer()
        except NotStored as error:
            self._gateway.tell_reached(False, error)
        except (ConnectionError, TimeoutError, asyncio.CancelledError) as error:
            _logger.info(
                "channel %s: %s: %s", self.line.code, self.peer, type(error).__name__
            )
        finally:
            self._patience.close()

    def close(self):
        # Half a message is kept as a trace of it, for nobody to answer.
        for event in self._decoder.close():
            self._gateway.keep(self, event)
        self._writer.close()

    def _check_network(self):
        try:
            address = ipaddress.ip_address(self.peer.partition("%")[0])
        except ValueError:
            raise Refused("it is gone already") from None
        address = getattr(address, "ipv4_mapped", None) or address
        if not any(address in network for network in self.line.networks):
            raise Refused("its network is not allowed")

    async def _read_and_answer(self):
        limits, decoder, began = self.line.limits, self._decoder, 0.0
        while not self._gateway.is_stopping:
            patience = limits.idle_seconds
            if decoder.in_frame:
                patience = max(0.0, began + limits.receive_seconds - time.monotonic())
            chunk = await self._read(patience)
            if not chunk:
                return
            was_inside = decoder.in_frame
            events = decoder.feed(chunk)
            if decoder.in_frame and (events or not was_inside):
                began = time.monotonic()
            if events:
                await self._answer(events)
            if any(not isinstance(event, Frame) and event.fatal for event in events):
                return

    async def _read(self, seconds):
        """Only a connection that waits here may be ended from outside."""
        self.is_idle = True
        try:
            return await self._patience.wait(self._reader.read(CHUNK_BYTES), seconds)
        finally:
            self.is_idle = False

    async def _answer(self, events):
        # All go to the writer at once; answers go back in the order of the messages.
        stored = [self._gateway.store(self, event) for event in events]
        for number, future in enumerate(stored):
            try:
                answer = await future
            except NotStored:
                for other in stored[number + 1 :]:
                    other.cancel()
                raise
            self.messages += 1
            self._gateway.was_stored(self)
            if answer:
                self._writer.write(wrap(answer))
        seconds = self.line.limits.receive_seconds
        await self._patience.wait(self._writer.drain(), seconds)

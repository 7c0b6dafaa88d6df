"""One connection: who it is, its frames, and the answers in their order."""

import asyncio
import ipaddress
import logging
import ssl
from collections import deque

from ..core.framing import Decoder, Frame, wrap
from ..core.peer_name import is_pinned, names_of
from ..core.tls import reason_of
from .writer import NotDecided, NotStored, Turn

_logger = logging.getLogger(__name__)

HANDSHAKE_SECONDS = 10.0
#: More messages of one connection than this do not wait at once.
MOST_WAITING = 256
#: Nor more bytes: of one connection, and of all together.
MOST_BYTES = 16 * 1024 * 1024
MOST_BYTES_IN_ALL = 256 * 1024 * 1024


def _feed(protocol: asyncio.BufferedProtocol, data: bytes):
    """Let ``protocol`` read ``data`` as if they came from its line now."""
    while data:
        buffer = protocol.get_buffer(len(data))
        taken = min(len(buffer), len(data))
        buffer[:taken] = data[:taken]
        protocol.buffer_updated(taken)
        data = data[taken:]


class Refused(Exception):
    """This connection is closed without a word; the text says why, for us."""


class Connection(asyncio.Protocol):
    """Serves one sender until it leaves, is cut off, or the gateway ends.

    A sender is answered only when its message is committed. Where that fails, for
    whatever reason, the connection is closed without a word: then it sends again, and
    nothing is lost; what was stored after all is recognised.
    """

    def __init__(self, line, context, gateway):
        self.line = line
        self.names = ()
        self.messages = 0
        self.peer = ""
        self._context = context
        self._gateway = gateway
        self._loop = asyncio.get_running_loop()
        self._decoder = Decoder(line.limits)
        self._transport = None
        self._handshake = None
        self._early = b""  # what came before it was let in
        self._is_open = False  # it was let in
        self._is_gone = False
        self._is_ending = False  # nothing more is taken of it
        self._is_paused = False
        self._is_stuck = False  # it does not read its answers
        self._has_failed = False  # a message of it is not safe
        self._waiting = 0  # messages that are not answered yet
        self._sizes = deque()  # their bytes
        self._bytes = 0
        self.turn = Turn()
        self._began = 0.0  # when the frame began that is not finished
        self._until = None  # when it is cut off; None: we are to act, not they
        self._timer = None

    # Coming in

    def connection_made(self, transport):
        self._transport = transport
        self.peer = (transport.get_extra_info("peername") or ("",))[0]
        self._gateway.came(self)
        try:
            self._gateway.check_room(self.line)
            self._check_network()
        except Refused as refusal:
            self._refuse(refusal)
            return
        if self._context:
            # A client may speak at once: what it says belongs to the handshake.
            transport.pause_reading()  # uvloop reads all the same, for a moment
            self._handshake = self._loop.create_task(self._shake_hands())
        else:
            self._let_in()

    def _check_network(self):
        try:
            address = ipaddress.ip_address(self.peer.partition("%")[0])
        except ValueError:
            raise Refused("it is gone already") from None
        address = getattr(address, "ipv4_mapped", None) or address
        if not any(address in network for network in self.line.networks):
            raise Refused("its network is not allowed")

    async def _shake_hands(self):
        taking_over = self._loop.create_task(
            self._loop.start_tls(
                self._transport,
                self,
                self._context,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
            )
        )
        try:
            await asyncio.sleep(0)  # from here on TLS reads the line
            self._hand_over_what_came_first()
            transport = await taking_over
        except (ssl.SSLError, OSError, EOFError) as error:
            self._refuse(Refused(f"TLS: {reason_of(error)}"))
            return
        if self._is_gone or transport is None:
            return
        self._transport = transport
        self.names = names_of(transport.get_extra_info("peercert"))
        if is_pinned(self.names, self.line.tls.pins):
            self._let_in()
        else:
            self._refuse(Refused("its certificate is of nobody who may send here"))

    def _hand_over_what_came_first(self):
        """The beginning of the handshake, where it came before TLS read the line.

        After TLS has begun, and before anything more is read.
        """
        early, self._early = self._early, b""
        if early:
            self._loop.call_soon(_feed, self._transport.get_protocol(), early)

    def _refuse(self, refusal):
        self._is_ending = True
        self._gateway.refused(self, refusal)
        self._transport.close()
        self._leave()

    def _let_in(self):
        self._is_open = True
        self._gateway.let_in(self)
        self._limit(self._loop.time() + self.line.limits.idle_seconds)
        early, self._early = self._early, b""
        if early:
            self.data_received(early)

    # Messages and answers

    def data_received(self, data):
        if self._is_ending:
            return
        if not self._is_open:
            self._early += data
            return
        decoder = self._decoder
        was_inside = decoder.in_frame
        events = decoder.feed(data)
        if decoder.in_frame and (events or not was_inside):
            self._began = self._loop.time()
        self._waiting += len(events)
        # All go to the writer at once; it tells of them in the order of the messages.
        for event in events:
            size = len(event.content) if isinstance(event, Frame) else 0
            self._sizes.append(size)
            self._bytes += size
            self._gateway.bytes_waiting += size
            self._gateway.store(self, event)
            if not isinstance(event, Frame) and event.fatal:
                self._is_ending = True
        if self._waiting and not self._is_paused and self._is_much():
            self._is_paused = True
            self._transport.pause_reading()
        self._limit_what_is_next()

    def _is_much(self):
        """Whether so much waits that nothing more is read of it for now."""
        return (
            self._waiting > MOST_WAITING
            or self._bytes > MOST_BYTES
            or self._gateway.bytes_waiting > MOST_BYTES_IN_ALL
        )

    def stored(self, result):
        """A message is safe, with its answer; or it is not."""
        self._waiting -= 1
        size = self._sizes.popleft()
        self._bytes -= size
        self._gateway.bytes_waiting -= size
        if isinstance(result, NotStored):
            self._fail(result)
        else:
            self.messages += 1
            self._gateway.was_stored(self)
            if result and not self._has_failed and not self._is_gone:
                self._transport.write(wrap(result))
        if not self._waiting:
            self._all_answered()

    def _fail(self, error):
        """What follows a message that is not safe is not answered either."""
        if not isinstance(error, NotDecided):
            self._gateway.tell_reached(False, error)
        if not self._has_failed:
            self._has_failed = True
            self._close()

    def _all_answered(self):
        if self._is_gone or self._is_stuck:
            return
        if self._is_ending:
            self._close()
            return
        if self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()
        self._limit_what_is_next()

    # Time limits: one timer looks now and then, and mostly finds that its limit has
    # moved. To make and drop a timer for each message would cost as much as to read it.

    def _limit_what_is_next(self):
        limits = self.line.limits
        if self._is_stuck:
            return
        if self._waiting:
            self._until = None
        elif self._decoder.in_frame:
            self._limit(self._began + limits.receive_seconds)
        else:
            self._limit(self._loop.time() + limits.idle_seconds)

    def _limit(self, until):
        self._until = until
        if self._timer and self._timer.when() <= until:
            return
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_at(until, self._look)

    def _look(self):
        self._timer = None
        if self._is_gone:
            return
        now = self._loop.time()
        if self._until is None:  # to be looked at when it is answered
            return
        if self._until > now:
            self._limit(self._until)
            return
        _logger.info("channel %s: %s: too slow", self.line.code, self.peer)
        self._is_ending = True
        self._transport.abort()

    def pause_writing(self):
        """It does not read its answers; nothing more is read of it until it does."""
        self._is_stuck = self._is_paused = True
        self._transport.pause_reading()
        self._limit(self._loop.time() + self.line.limits.receive_seconds)

    def resume_writing(self):
        self._is_stuck = False
        if self._waiting:
            self._until = None
        else:
            self._all_answered()

    # Going

    def _close(self):
        """Go when the answers are sent, which is not waited for without end."""
        self._is_ending = True
        self._transport.close()
        self._limit(self._loop.time() + self.line.limits.receive_seconds)

    def finish(self):
        """Take nothing more; go when what is in hand is answered."""
        self._is_ending = True
        if self._handshake and not self._is_open:
            self._handshake.cancel()
            self.abort()
        elif not self._waiting and not self._is_gone:
            self._close()

    def abort(self):
        if not self._is_gone:
            self._transport.abort()
            self._leave()

    def eof_received(self):
        """It sends nothing more, but may still wait for its answers."""
        self._is_ending = True
        return bool(self._waiting) and not self._context

    def connection_lost(self, error):
        if error is not None:
            name = type(error).__name__
            _logger.info("channel %s: %s: %s", self.line.code, self.peer, name)
        self._leave()

    def _leave(self):
        if self._is_gone:
            return
        self._is_gone = self._is_ending = True
        if self._timer:
            self._timer.cancel()
        # Half a message is kept as a trace of it, for nobody to answer.
        for event in self._decoder.close():
            self._gateway.keep(self, event)
        self._gateway.left(self, self._is_open)

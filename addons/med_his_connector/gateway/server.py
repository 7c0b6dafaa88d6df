"""The MLLP server: listens for each channel, cuts frames, sends answers.

A sender is answered only when its message is committed. Where that fails, for whatever
reason, its connection is closed without a word: then it sends again, and nothing is
lost; what was stored after all is recognised.
"""

import asyncio
import contextlib
import ipaddress
import logging
import time
from collections import Counter

from ..core.framing import Decoder, Frame, wrap
from .writer import NotStored

_logger = logging.getLogger(__name__)

CHUNK_BYTES = 64 * 1024
LOOK_AGAIN_SECONDS = 5.0  # for channels that were added, changed or archived
WAKE_SECONDS = 0.2  # after a message, the job is told; once for many messages
STOP_SECONDS = 10.0


class Gateway:
    """Serves channels until it is told to stop.

    ``find_lines()`` reads the channels, ``make_arrival(line, peer, event)`` makes what
    the writer stores, ``wake()`` tells the job; all but the second run in the writer.
    """

    def __init__(self, writer, find_lines, make_arrival, wake, announce):
        self._writer = writer
        self._find_lines = find_lines
        self._make_arrival = make_arrival
        self._wake = wake
        self._announce = announce
        self._servers = {}  # line -> asyncio.Server
        self._open = Counter()  # channel code -> connections
        self._idle = set()  # tasks of connections that wait for their sender
        self._tasks = set()
        self._stopping = asyncio.Event()
        self._waking = None
        self._reached = True

    async def run(self):
        await self._look(first=True)
        while not self._stopping.is_set():
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), LOOK_AGAIN_SECONDS)
                break
            await self._look()
        await self._end()

    def stop(self):
        """Take no new message; finish those that are here."""
        self._stopping.set()

    # Listening

    async def _look(self, first=False):
        """Listen where the channels say now; an error at the start is fatal."""
        try:
            lines = await self._writer.call(self._find_lines)
        except ConnectionError as error:
            self._tell_reached(False, error)
            return
        except Exception:
            if first:
                raise
            _logger.exception("the channels could not be read")
            return
        self._tell_reached(True)
        for line in self._servers.keys() - set(lines):
            _logger.info("channel %s: no longer served as before", line.code)
            self._servers.pop(line).close()
        for line in lines:
            if line not in self._servers:
                await self._listen(line, first)

    async def _listen(self, line, fatal):
        async def serve(reader, writer, line=line):
            await self._serve(line, reader, writer)

        try:
            server = await asyncio.start_server(
                serve, line.host, line.port, limit=CHUNK_BYTES
            )
        except OSError as error:
            if fatal:
                raise
            _logger.error("channel %s cannot listen: %s", line.code, error.strerror)
            return
        self._servers[line] = server
        self._announce(line, server.sockets[0].getsockname())

    def _tell_reached(self, reached, error=None):
        if reached != self._reached:
            self._reached = reached
            if reached:
                _logger.info("the database is back")
            else:
                _logger.error("the database cannot be reached: %s", error)

    # A connection

    async def _serve(self, line, reader, writer):
        peer = writer.get_extra_info("peername")[0]
        refusal = self._refusal(line, peer)
        if refusal:
            _logger.warning("channel %s: %s refused: %s", line.code, peer, refusal)
            writer.close()
            return
        task = asyncio.current_task()
        self._tasks.add(task)
        self._open[line.code] += 1
        decoder = Decoder(line.limits)
        try:
            await self._converse(line, peer, decoder, reader, writer)
        except NotStored as error:
            self._tell_reached(False, error)
        except (ConnectionError, TimeoutError, asyncio.CancelledError) as error:
            _logger.info("channel %s: %s: %s", line.code, peer, type(error).__name__)
        finally:
            self._open[line.code] -= 1
            self._tasks.discard(task)
            # Half a message is kept as a trace of it, for nobody to answer.
            for event in decoder.close():
                kept = self._writer.store(self._make_arrival(line, peer, event))
                kept.add_done_callback(_log_failure)
            writer.close()

    def _refusal(self, line, peer):
        address = ipaddress.ip_address(peer.partition("%")[0])
        address = getattr(address, "ipv4_mapped", None) or address
        if not any(address in network for network in line.networks):
            return "its network is not allowed"
        if self._open[line.code] >= line.limits.connections:
            return "too many connections"
        if self._stopping.is_set():
            return "stopping"
        return ""

    async def _converse(self, line, peer, decoder, reader, writer):
        limits, began = line.limits, 0.0
        while not self._stopping.is_set():
            patience = limits.idle_seconds
            if decoder.in_frame:
                patience = max(0.0, began + limits.receive_seconds - time.monotonic())
            chunk = await self._read(reader, patience)
            if not chunk:
                return
            was_inside = decoder.in_frame
            events = decoder.feed(chunk)
            if decoder.in_frame and (events or not was_inside):
                began = time.monotonic()
            await self._answer(line, peer, events, writer)
            if any(not isinstance(event, Frame) and event.fatal for event in events):
                return

    async def _read(self, reader, patience):
        """Only a connection that waits here may be ended from outside."""
        task = asyncio.current_task()
        self._idle.add(task)
        try:
            return await asyncio.wait_for(reader.read(CHUNK_BYTES), patience)
        finally:
            self._idle.discard(task)

    async def _answer(self, line, peer, events, writer):
        # All go to the writer at once; answers go back in the order of the messages.
        stored = [
            self._writer.store(self._make_arrival(line, peer, event))
            for event in events
        ]
        for number, future in enumerate(stored):
            try:
                answer = await future
            except NotStored:
                for other in stored[number + 1 :]:
                    other.cancel()
                raise
            self._tell_reached(True)
            self._schedule_wake()
            if answer:
                writer.write(wrap(answer))
        await asyncio.wait_for(writer.drain(), line.limits.receive_seconds)

    # The job

    def _schedule_wake(self):
        if self._waking is None:
            loop = asyncio.get_running_loop()
            self._waking = loop.call_later(WAKE_SECONDS, self._do_wake)

    def _do_wake(self):
        self._waking = None
        # Should it fail: the job also runs by itself every minute.
        self._writer.call(self._wake).add_done_callback(_log_failure)

    # The end

    async def _end(self):
        for server in self._servers.values():
            server.close()
        for task in list(self._idle):
            task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=STOP_SECONDS)
        if self._waking is not None:
            self._waking.cancel()
            self._do_wake()


def _log_failure(future):
    if not future.cancelled() and (error := future.exception()):
        _logger.warning("left undone: %s", type(error).__name__)

"""The MLLP server: listens for each channel and lets connections in."""

import asyncio
import contextlib
import logging
import time
from collections import Counter, defaultdict

from ..core.rate_limit import Seldom
from ..core.tls import server_context
from .connection import Connection, Refused
from .journal import Entry, Journal
from .writer import NotStored

_logger = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 5.0  # for channels that were added, changed or archived
WAKE_SECONDS = 0.2  # after a message, the job is told; once for many messages
REPORT_SECONDS = 1.0
STOP_SECONDS = 10.0


class Gateway:
    """Serves channels until it is told to stop.

    ``find_lines()`` reads the channels, ``make_arrival(line, peer, event)`` makes what
    the writer stores, ``wake()`` tells the job, ``report(entries, state)`` writes down
    what happened; all but the second run in the writer.
    """

    def __init__(
        self, writer, find_lines, make_arrival, wake, announce, report=lambda *_: None
    ):
        self._writer = writer
        self._find_lines = find_lines
        self._make_arrival = make_arrival
        self._wake = wake
        self._announce = announce
        self._report = report
        self._servers = {}  # line -> asyncio.Server
        self._unserved = set()  # lines that cannot be served, told once
        self._connections = set()
        self._all_gone = asyncio.Event()
        self._open = Counter()  # channel code -> connections
        self._counts = defaultdict(Counter)  # channel code -> what happened how often
        self._last = {}  # channel code -> when a message was stored last
        self._journal = Journal()
        self._stopping = asyncio.Event()
        self._waking = None
        self._reached = True
        self._since = time.time()
        self._seldom = Seldom()
        self.bytes_waiting = 0  # of messages that are not stored yet

    async def run(self):
        await self._look(first=True)
        self._journal.add(Entry("start", None))
        reporting = asyncio.ensure_future(self._keep_reporting())
        while not self._stopping.is_set():
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), LOOK_AGAIN_SECONDS)
                break
            await self._look()
        reporting.cancel()
        await self._end()

    def stop(self):
        """Take no new message; finish those that are here."""
        self._stopping.set()

    @property
    def is_stopping(self):
        return self._stopping.is_set()

    def state(self):
        """What a monitor wants to know, as plain values."""
        served = {line.code for line in self._servers}
        codes = served | {line.code for line in self._unserved}
        healthy = self._reached and not self._unserved
        return {
            "status": "ok" if healthy else "degraded",
            "database": "reached" if self._reached else "not reached",
            "since": self._since,
            "connections": sum(self._open.values()),
            "waiting_to_be_stored": self._writer.waiting(),
            "bytes_waiting": self.bytes_waiting,
            "channels": [
                {
                    "code": code,
                    "listening": code in served,
                    "connections": self._open[code],
                    "stored": self._counts[code]["stored"],
                    "refused": self._counts[code]["refused"],
                    "last_stored": self._last.get(code),
                }
                for code in sorted(codes)
            ],
        }

    # What connections ask for

    def store(self, connection, event):
        """Store what a connection brought; it is told of it."""
        arrival = self._make_arrival(connection.line, connection.peer, event)
        self._writer.store(arrival, connection.stored, connection.turn)

    def keep(self, connection, event):
        """Store what nobody waits for."""
        arrival = self._make_arrival(connection.line, connection.peer, event)
        self._writer.store(arrival, _log_not_stored)

    def was_stored(self, connection):
        code = connection.line.code
        self.tell_reached(True)
        self._counts[code]["stored"] += 1
        self._last[code] = time.time()
        if self._waking is None:
            loop = asyncio.get_running_loop()
            self._waking = loop.call_later(WAKE_SECONDS, self._do_wake)

    def tell_reached(self, reached, error=None):
        if reached != self._reached:
            self._reached = reached
            if reached:
                _logger.info("the database is back")
            else:
                _logger.error("the database cannot be reached: %s", error)

    # Listening

    async def _look(self, first=False):
        """Listen where the channels say now; an error at the start is fatal."""
        try:
            lines = await self._writer.call(self._find_lines)
        except ConnectionError as error:
            self.tell_reached(False, error)
            return
        except Exception:
            if first:
                raise
            _logger.exception("the channels could not be read")
            return
        self.tell_reached(True)
        self._unserved &= set(lines)
        for line in self._servers.keys() - set(lines):
            _logger.info("channel %s: no longer served as before", line.code)
            self._servers.pop(line).close()
            for connection in [c for c in self._connections if c.line == line]:
                connection.finish()
        for line in lines:
            if line not in self._servers:
                await self._listen(line, first)

    async def _listen(self, line, fatal):
        if line.hindrance:
            self._leave_out(line, line.hindrance)
            return
        try:
            context = server_context(line.tls) if line.tls else None
            server = await asyncio.get_running_loop().create_server(
                lambda: Connection(line, context, self), line.host, line.port
            )
        except (OSError, ValueError) as error:  # an ssl.SSLError is an OSError
            if fatal:
                raise
            self._leave_out(line, error)
            return
        self._unserved.discard(line)
        self._servers[line] = server
        self._announce(line, server.sockets[0].getsockname())

    def _leave_out(self, line, reason):
        if line not in self._unserved:
            self._unserved.add(line)
            _logger.error("channel %s cannot listen: %s", line.code, reason)

    # What connections tell

    def came(self, connection):
        self._open[connection.line.code] += 1
        self._connections.add(connection)

    def check_room(self, line):
        if self._open[line.code] > line.limits.connections:
            raise Refused("too many connections")
        if self.is_stopping:
            raise Refused("stopping")

    def let_in(self, connection):
        self._enter("connect", connection)

    def refused(self, connection, refusal):
        code = connection.line.code
        self._counts[code]["refused"] += 1
        self._enter("refuse", connection, str(refusal), failed=True)
        left_out = self._seldom(time.monotonic())
        if left_out is not None:
            more = f" ({left_out} more since the last line)" if left_out else ""
            peer = connection.peer
            _logger.warning("channel %s: %s refused: %s%s", code, peer, refusal, more)

    def left(self, connection, was_let_in):
        self._open[connection.line.code] -= 1
        self._connections.discard(connection)
        if was_let_in:
            self._enter("disconnect", connection, f"{connection.messages} messages")
        if not self._connections:
            self._all_gone.set()

    # What is told to others

    def _enter(self, event, connection, detail="", failed=False):
        # PostgreSQL keeps no NUL, which a certificate may have in its name.
        name = (connection.names[0] if connection.names else "").replace("\0", "?")
        channel_id = getattr(connection.line, "channel_id", None)
        self._journal.add(
            Entry(event, channel_id, connection.peer, name, detail, failed)
        )

    async def _keep_reporting(self):
        while True:
            await asyncio.sleep(REPORT_SECONDS)
            await self._do_report()

    async def _do_report(self):
        entries, state = self._journal.take(), self.state()
        try:
            await self._writer.call(lambda: self._report(entries, state))
        except ConnectionError as error:
            self._journal.put_back(entries)  # told again in a second
            _logger.info("nothing reported: %s", type(error).__name__)
        except Exception as error:  # noqa: BLE001
            _logger.info("reported one by one: %s", type(error).__name__)
            await self._report_singly(entries, state)

    async def _report_singly(self, entries, state):
        """One that the database refuses must not keep back the others."""
        for number, entry in enumerate(entries):
            try:
                await self._writer.call(lambda one=entry: self._report([one], state))
            except ConnectionError:
                self._journal.put_back(entries[number:])
                return
            except Exception as error:  # noqa: BLE001
                self._journal.lose(entry[1])
                _logger.error("an event is lost: %s", type(error).__name__)

    def _do_wake(self):
        self._waking = None
        # Should it fail: the job also runs by itself every minute.
        self._writer.call(self._wake).add_done_callback(_log_failure)

    # The end

    async def _end(self):
        for server in self._servers.values():
            server.close()
        self._all_gone.clear()
        for connection in list(self._connections):
            connection.finish()
        if self._connections:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._all_gone.wait(), STOP_SECONDS)
        for connection in list(self._connections):
            connection.abort()
        if self._waking is not None:
            self._waking.cancel()
            self._do_wake()
        self._journal.add(Entry("stop", None))
        await self._do_report()


def _log_failure(future):
    if not future.cancelled() and (error := future.exception()):
        _logger.warning("left undone: %s", type(error).__name__)


def _log_not_stored(result):
    if isinstance(result, NotStored):
        _logger.warning("left undone: %s", result)

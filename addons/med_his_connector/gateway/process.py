"""The life of the gateway process: start, signals, end."""

import asyncio
import logging
import signal
import sys
import time
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from psycopg2 import OperationalError

from odoo.exceptions import UserError

try:
    import uvloop
except ImportError:  # there is none for Windows
    uvloop = None

from ..core.framing import Frame
from ..core.inbox import Arrival, judged
from ..models.med_his_message_accept import own_id
from .health import Health
from .server import Gateway
from .store import Store, StoreDown
from .writer import Writer

_logger = logging.getLogger(__name__)

RETRY_SECONDS = 3.0
#: Python's usual 5 ms would make the loop wait for what the other thread does.
SWITCH_SECONDS = 0.0001


class WrongOptions(Exception):
    """The command line asks for what cannot be."""


def serve(database, channel=None, host=None, port=None, health_port=None):
    """Run until SIGTERM or SIGINT; the exit status."""
    try:
        store = _open_store(database)
        lines = LineFinder(store, channel, host, port)
        lines.check()
        sys.setswitchinterval(SWITCH_SECONDS)
        run = uvloop.run if uvloop else asyncio.run
        run(_serve(store, lines, health_port))
    except (UserError, LookupError, WrongOptions, OSError) as error:
        _say(f"The gateway cannot start: {error}")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


def _open_store(database):
    """Wait for a database that is not up yet, as after a power cut."""
    told = False
    while True:
        try:
            store = Store(database)
            store.check()
            return store
        except (OperationalError, StoreDown) as error:
            if not told:
                _logger.error("waiting for the database: %s", str(error).strip())
                told = True
            time.sleep(RETRY_SECONDS)


class LineFinder:
    """The channels to serve, and where the command line wants them."""

    def __init__(self, store, code, host, port):
        self._store = store
        self._code = code
        self._elsewhere = {
            name: value
            for name, value in (("host", host), ("port", port))
            if value is not None
        }
        self._told = set()

    def check(self):
        """Say at the start what cannot be."""
        lines = self._store.lines(self._code)
        if self._code and not lines:
            raise WrongOptions(f"There is no active channel {self._code}.")
        if lines and all(line.hindrance for line in lines):
            raise WrongOptions(f"channel {lines[0].code}: {lines[0].hindrance}.")
        if self._elsewhere and len(lines) > 1:
            codes = ", ".join(line.code for line in lines)
            raise WrongOptions(f"--host and --port need --channel, one of {codes}.")

    def find(self):
        lines = [line for line in self._store.lines(self._code) if self._may(line)]
        if not self._elsewhere:
            return lines
        return [replace(line, **self._elsewhere) for line in lines[:1]]

    def _may(self, line):
        served = line.plaintext or line.tls
        if not served and line not in self._told:
            self._told.add(line)
            _logger.warning(
                "channel %s is not served: it has no certificate for TLS, and "
                "plaintext is not allowed there",
                line.code,
            )
        return served


async def _serve(store, lines, health_port):
    loop = asyncio.get_running_loop()
    quick = store.quick(loop)
    quick.open()
    writer = Writer(loop, store.accept, quick, store.fork)
    gateway = Gateway(
        writer,
        find_lines=lines.find,
        make_arrival=_arrival,
        wake=store.wake,
        announce=_announce,
        report=store.report,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, gateway.stop)
    health = None
    if health_port is not None:
        health = Health(gateway.state, port=health_port)
        host, port = (await health.start())[:2]
        _say(f"Health at http://{host}:{port}/health")
    try:
        await gateway.run()
    finally:
        if health:
            health.stop()
        await writer.close()
        store.close()
    _say("MLLP gateway stopped")


def _arrival(line, peer, event):
    """What is to be stored, judged already: there is time while the database stores
    what came before."""
    if isinstance(event, Frame):
        arrival = Arrival(line.receiver, peer, event.content)
    else:
        arrival = Arrival(line.receiver, peer, refused=event)
    return judged(arrival, own_id(), _local(int(time.time()), line.receiver.zone))


@lru_cache(maxsize=64)
def _local(second, zone):
    return datetime.fromtimestamp(second, zone)


def _announce(line, address):
    spoken = "TLS" if line.tls else "plaintext"
    _logger.info("channel %s listens on %s:%s, %s", line.code, *address[:2], spoken)
    _say(f"MLLP gateway listening on {address[0]}:{address[1]}")


def _say(text):
    """To whoever started the process; scripts wait for the line with the port."""
    print(text, flush=True)  # noqa: T201  pylint: disable=print-used

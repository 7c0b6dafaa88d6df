"""A gateway without a database: its connections, and what stands in for the rest."""

import asyncio
import ipaddress
from collections import namedtuple
from datetime import UTC, datetime

from odoo.tests import BaseCase

from ..core.framing import Frame, Limits
from ..core.inbox import Arrival, Receiver, judged
from ..gateway.server import Gateway
from ..gateway.writer import NotStored

Line = namedtuple(
    "Line", "code host port networks limits tls hindrance", defaults=[None, ""]
)
SERVER = "odoo.addons.med_his_connector.gateway.server"
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


def arrival_of(content):
    """What the gateway makes of a message before it is stored."""
    arrival = Arrival(Receiver(1, 1, "utf-8", UTC), "127.0.0.1", content)
    return judged(arrival, "own", datetime.now(UTC))


class Store:
    """Stands in for the writer: answers at once, when told, or not at all."""

    def __init__(self, lines):
        self.lines = lines
        self.kept = []
        self.down = False
        self.gate = None

    def store(self, event, done, turn=None):
        task = asyncio.ensure_future(self._store(event))
        task.add_done_callback(lambda task: done(task.exception() or task.result()))

    async def _store(self, event):
        if self.gate:
            await self.gate.wait()
        if self.down:
            raise NotStored("down")
        self.kept.append(event)
        return b"ACK " + event.content if isinstance(event, Frame) else b""

    def waiting(self):
        return 0

    def call(self, function):
        future = asyncio.get_running_loop().create_future()
        future.set_result(function())
        return future


class Quick:
    """Stands in for the quick way: it stores, does not, or never answers (None)."""

    is_ready = True

    def __init__(self, stores):
        self.stores = stores
        self.batches = []
        self.then = None

    def insert(self, arrivals, then):
        self.batches.append([arrival.content for arrival in arrivals])
        if self.stores is None:
            self.then = then
        else:
            asyncio.get_running_loop().call_soon(then, self.stores)

    def reopen(self):
        then, self.then = self.then, None
        if then:
            then(False)

    def close(self):
        pass


class ServerCase(BaseCase):
    """Connections, without a database."""

    def _run(self, talk, networks=LOOPBACK, **limits):
        """Run ``talk(store, connect)`` against a gateway of one channel."""

        async def scene():
            line = Line("T", "127.0.0.1", 0, networks, Limits(**limits))
            store, address = Store([line]), asyncio.Future()
            gateway = Gateway(
                store,
                find_lines=lambda: store.lines,
                make_arrival=lambda line, peer, event: event,
                wake=lambda: None,
                announce=lambda line, found: address.set_result(found),
            )
            running = asyncio.ensure_future(gateway.run())
            host, port = await address
            try:
                await asyncio.wait_for(
                    talk(store, lambda: asyncio.open_connection(host, port), gateway),
                    10,
                )
            finally:
                gateway.stop()
                await running
            return store

        return asyncio.run(scene())

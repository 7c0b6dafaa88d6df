import asyncio
import socket
import threading
from contextlib import closing
from functools import partial
from unittest.mock import patch

from odoo import sql_db
from odoo.tests import BaseCase, TransactionCase
from odoo.tools import mute_logger

from ..core.framing import wrap
from ..gateway import connection as connection_module
from ..gateway import journal as journal_module
from ..gateway.journal import Entry, Journal
from ..gateway.quick import KEEP_ALIVE, Quick
from ..gateway.store import Store, _unsafe_settings, _watch_over
from ..gateway.writer import Turn, Writer
from .gateway_case import SERVER, ServerCase, arrival_of
from .gateway_case import Quick as QuickWay

BATCH = b"BHS|^~\\&|"


class TestAside(BaseCase):
    """What takes long holds up nobody else."""

    def _run(self, scene):
        """``scene(store, told, gate)``, whose batches wait for ``gate``."""
        gate = threading.Event()
        accepted, told = [], []

        def accept(arrivals):
            if arrivals[0].content.startswith(BATCH):
                gate.wait(10)
            accepted.extend(each.content for each in arrivals)
            return [each.content for each in arrivals]

        async def run():
            writer = Writer(asyncio.get_running_loop(), accept, QuickWay(True))

            def store(content, turn):
                arrival = arrival_of(content)
                writer.store(
                    arrival, partial(lambda c, _r: told.append(c), content), turn
                )

            try:
                await scene(store, told, gate)
                gate.set()
                await writer.close()
            finally:
                gate.set()

        asyncio.run(run())
        return told

    async def _until(self, condition):
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0.01)

    def test_a_large_batch_of_one_sender_does_not_stop_the_others(self):
        async def scene(store, told, gate):
            slow, quick = Turn(), Turn()
            store(BATCH + b"1", slow)
            await asyncio.sleep(0.05)
            store(b"2", quick)
            await self._until(lambda: told == [b"2"])

        self.assertEqual(self._run(scene), [b"2", BATCH + b"1"])

    def test_messages_of_one_sender_keep_their_order_on_both_ways(self):
        contents = [b"1", BATCH + b"2", b"3", BATCH + b"4", BATCH + b"5", b"6"]

        async def scene(store, told, gate):
            turn = Turn()
            for content in contents:
                store(content, turn)
            await self._until(lambda: told == [b"1"])
            await asyncio.sleep(0.05)
            self.assertEqual(told, [b"1"])

        self.assertEqual(self._run(scene), contents)


class TestBytes(ServerCase):
    """Memory is bounded by bytes, and not by the number of messages."""

    def _flood(self, connections, patched, value):
        """The bytes that wait while nothing can be stored and senders go on and on."""
        most = []

        async def talk(store, connect, gateway):
            store.gate = asyncio.Event()
            lines = [await connect() for _n in range(connections)]
            message = wrap(b"x" * 10_000)

            async def pour(writer):
                for _n in range(500):
                    writer.write(message)
                    await writer.drain()

            pouring = [asyncio.ensure_future(pour(line[1])) for line in lines]
            await asyncio.sleep(0.5)
            most.append(gateway.bytes_waiting)
            store.gate.set()
            for reader, _writer in lines:
                for _n in range(500):
                    await reader.readuntil(b"\x1c\r")
            await asyncio.gather(*pouring)
            most.append(gateway.bytes_waiting)

        with (
            patch.object(connection_module, patched, value),
            patch.object(connection_module, "MOST_WAITING", 10_000),
        ):
            self._run(talk)
        return most

    def test_s03_one_connection_holds_so_many_bytes_and_no_more(self):
        held, left = self._flood(1, "MOST_BYTES", 100_000)
        self.assertLess(held, 100_000 + 600_000)  # and what one reading brings
        self.assertGreater(held, 100_000)
        self.assertEqual(left, 0)

    def test_s03_all_together_hold_so_many_bytes_and_no_more(self):
        held, left = self._flood(4, "MOST_BYTES_IN_ALL", 300_000)
        self.assertLess(held, 300_000 + 4 * 600_000)
        self.assertEqual(left, 0)

    def test_a_flood_of_refusals_is_no_flood_of_log_lines(self):
        async def talk(store, connect, gateway):
            first, writer = await connect()
            writer.write(wrap(b"1"))
            await first.readuntil(b"\x1c\r")
            for _n in range(30):
                other, _writer = await connect()
                await other.read()

        with self.assertLogs(SERVER, "WARNING") as logs:
            self._run(talk, connections=1)
        lines = [line for line in logs.output if "refused" in line]
        self.assertLess(len(lines), 10)


class TestJournal(ServerCase):
    """What is lost of the audit trail is counted, and one bad entry stops no other."""

    def test_s09_what_did_not_fit_is_told_as_lost(self):
        journal = Journal()
        with patch.object(journal_module, "KEPT", 3):
            for number in range(10):
                journal.add(Entry("refuse", None, str(number)))
            taken = journal.take()
            self.assertEqual(
                [entry.peer for entry, _count in taken[:3]], ["0", "1", "2"]
            )
            self.assertEqual((taken[3][0].event, taken[3][1]), ("lost", 7))
            journal.put_back(taken)
            journal.add(Entry("refuse", None, "11"))
            self.assertEqual(journal.take()[-1][1], 8)
        self.assertFalse(journal.take())

    @mute_logger(SERVER)
    def test_s09_an_entry_that_the_database_refuses_keeps_back_no_other(self):
        written = []

        def report(entries, _state):
            if any(entry.peer == "bad" for entry, _count in entries):
                raise ValueError
            written.extend(entry.event for entry, _count in entries)

        async def talk(store, connect, gateway):
            gateway._report = report
            gateway._journal.add(Entry("refuse", None, "bad"))
            gateway._journal.add(Entry("stop", None, "good"))
            await gateway._do_report()
            self.assertIn("stop", written)
            await gateway._do_report()
            self.assertEqual(written[-1], "lost")

        self._run(talk)


class TestDurable(TransactionCase):
    """What is acknowledged is on the disk, whatever was set for speed."""

    def _fast(self):
        name, info = sql_db.connection_info_for(self.env.cr.dbname)
        return name, {**info, "options": "-c synchronous_commit=off"}

    def test_r01_the_store_commits_to_the_disk(self):
        name, info = self._fast()
        store = Store(name)
        made = sql_db.Connection(sql_db._Pool, name, info)
        self.assertEqual(self._setting(made.cursor()), "off")

        class Fast:
            db_name = name
            cursor = staticmethod(made.cursor)

        store._registry = Fast
        for each in (store, store.fork()):
            with closing(each):
                self.assertEqual(each._run(lambda env: self._setting(env.cr)), "on")

    def _setting(self, cursor):
        cursor.execute("SHOW synchronous_commit")
        return cursor.fetchone()[0]

    def test_r01_the_quick_way_commits_to_the_disk(self):
        async def scene():
            loop, over = asyncio.get_running_loop(), asyncio.Event()
            quick = Quick(loop, {**self._fast()[1], **KEEP_ALIVE}, None, None)
            quick.open()
            async with asyncio.timeout(20):
                while not quick.is_ready:
                    await asyncio.sleep(0.01)
                quick._send("SHOW synchronous_commit", None, lambda _done: over.set())
                await over.wait()
            try:
                return quick._cursor.fetchone()[0]
            finally:
                quick.close()

        self.assertEqual(asyncio.run(scene()), "on")

    def test_r02_a_database_host_that_dies_is_noticed(self):
        with (
            closing(socket.create_server(("127.0.0.1", 0))) as server,
            closing(socket.create_connection(server.getsockname())) as line,
        ):
            _watch_over(line)
            timeout = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            self.assertEqual(timeout, 30_000)
            self.assertTrue(line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))

    def test_what_is_not_safe_is_said_at_the_start(self):
        self.env.cr.execute("SHOW fsync")
        is_off = self.env.cr.fetchone()[0] == "off"
        self.assertEqual(("fsync", "off") in _unsafe_settings(self.env), is_off)

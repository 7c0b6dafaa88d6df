import asyncio
import contextlib
import ipaddress
import threading
from functools import partial
from unittest.mock import patch

from odoo.tests import BaseCase
from odoo.tools import mute_logger

from ..core.framing import wrap
from ..gateway import writer as writer_module
from ..gateway.writer import NotStored, Turn, Writer
from .gateway_case import SERVER, Quick, ServerCase, arrival_of

WRITER = "odoo.addons.med_his_connector.gateway.writer"


class TestServer(ServerCase):
    """Connections, without a database."""

    def test_s03_a_message_that_trickles_in_is_cut_off(self):
        async def talk(store, connect, gateway):
            reader, writer = await connect()
            writer.write(b"\x0bMSH|")
            self.assertEqual(await reader.read(), b"")

        with mute_logger(SERVER):
            store = self._run(talk, receive_seconds=0.2)
        self.assertEqual([event.reason for event in store.kept], ["unfinished"])

    def test_s03_trickling_does_not_win_time(self):
        async def drip(store, connect, gateway):
            reader, writer = await connect()
            writer.write(b"\x0b")
            # The end may be a close or, with a byte under way, a reset.
            with contextlib.suppress(ConnectionError):
                async with asyncio.timeout(30):
                    while not reader.at_eof():
                        writer.write(b"M")
                        await writer.drain()
                        with contextlib.suppress(asyncio.TimeoutError):
                            await asyncio.wait_for(reader.read(1), 0.02)

        with mute_logger(SERVER):
            self._run(drip, receive_seconds=0.2)

    def test_s03_a_silent_line_is_closed(self):
        async def talk(store, connect, gateway):
            reader, _writer = await connect()
            self.assertEqual(await reader.read(), b"")

        with mute_logger(SERVER):
            self._run(talk, idle_seconds=0.2)

    def test_s03_one_connection_too_many_is_refused(self):
        async def talk(store, connect, gateway):
            first, writer = await connect()
            writer.write(wrap(b"1"))
            self.assertIn(b"ACK 1", await first.readuntil(b"\x1c\r"))
            second, _ = await connect()
            self.assertEqual(await second.read(), b"")

        with mute_logger(SERVER):
            self._run(talk, connections=1)

    def test_s03_a_message_over_the_limit_ends_the_line(self):
        async def talk(store, connect, gateway):
            reader, writer = await connect()
            writer.write(b"\x0b" + b"x" * 100)
            self.assertEqual(await reader.read(), b"")

        store = self._run(talk, frame_bytes=50)
        self.assertEqual([event.reason for event in store.kept], ["too_large"])

    def test_another_network_is_refused_before_a_byte_is_read(self):
        async def talk(store, connect, gateway):
            reader, writer = await connect()
            writer.write(wrap(b"1"))
            with contextlib.suppress(ConnectionError):
                self.assertEqual(await reader.read(), b"")

        with mute_logger(SERVER):
            store = self._run(talk, networks=(ipaddress.ip_network("10.0.0.0/8"),))
        self.assertEqual(store.kept, [])

    def test_r02_what_is_not_stored_is_not_answered(self):
        async def talk(store, connect, gateway):
            store.down = True
            reader, writer = await connect()
            writer.write(wrap(b"1") + wrap(b"2"))
            self.assertEqual(await reader.read(), b"")

        with mute_logger(SERVER):
            store = self._run(talk)
        self.assertEqual(store.kept, [])

    def test_answers_come_in_the_order_of_the_messages(self):
        async def talk(store, connect, gateway):
            reader, writer = await connect()
            writer.write(b"".join(wrap(b"%d" % n) for n in range(50)))
            for number in range(50):
                answer = await reader.readuntil(b"\x1c\r")
                self.assertEqual(answer, wrap(b"ACK %d" % number))

        self._run(talk)

    def test_when_it_stops_the_message_in_hand_is_answered(self):
        async def talk(store, connect, gateway):
            store.gate = asyncio.Event()
            reader, writer = await connect()
            writer.write(wrap(b"1"))
            await asyncio.sleep(0.1)
            gateway.stop()
            store.gate.set()
            self.assertIn(b"ACK 1", await reader.read())

        self._run(talk)

    def test_a_channel_that_is_archived_is_no_longer_served(self):
        async def talk(store, connect, gateway):
            idle, _writer = await connect()
            await self._change(store, gateway, [])
            self.assertEqual(await idle.read(), b"")
            with self.assertRaises(ConnectionError):
                await connect()

        self._run(talk)

    def test_a_channel_that_is_changed_answers_what_is_in_hand_as_before(self):
        async def talk(store, connect, gateway):
            reader, writer = await connect()
            store.gate = asyncio.Event()
            writer.write(wrap(b"1"))
            await asyncio.sleep(0.1)
            (line,) = store.lines
            await self._change(store, gateway, [line._replace(hindrance="changed")])
            writer.write(wrap(b"2"))
            store.gate.set()
            self.assertEqual(await reader.read(), wrap(b"ACK 1"))

        with mute_logger(SERVER):
            store = self._run(talk)
        self.assertEqual(len(store.kept), 1)

    async def _change(self, store, gateway, lines):
        store.lines = lines
        await gateway._look()

    def test_a_channel_that_cannot_be_served_is_told_and_is_not_well(self):
        async def talk(store, connect, gateway):
            (line,) = store.lines
            store.lines = [line, line._replace(code="LATE", hindrance="no right")]
            with self.assertLogs(SERVER, "ERROR") as logs:
                await gateway._look()
                await gateway._look()
            self.assertEqual(len(logs.output), 1)
            self.assertIn("LATE cannot listen: no right", logs.output[0])
            state = gateway.state()
            self.assertEqual(state["status"], "degraded")
            listening = {each["code"]: each["listening"] for each in state["channels"]}
            self.assertEqual(listening, {"T": True, "LATE": False})

        self._run(talk)


class TestWriter(BaseCase):
    """Group commit, without a database."""

    def _run(self, accept, contents, meanwhile=lambda: None, quick=None):
        """What becomes of these messages, stored all at once; in the order told."""

        async def scene():
            loop = asyncio.get_running_loop()
            writer, told, over = Writer(loop, accept, quick), [], loop.create_future()
            turn = Turn()

            def tell(number, result):
                told.append((number, result))
                if len(told) == len(contents):
                    over.set_result(told)

            for number, content in enumerate(contents):
                writer.store(arrival_of(content), partial(tell, number), turn)
            meanwhile()
            await asyncio.wait_for(over, 10)
            await writer.close()
            self.assertEqual([number for number, _ in told], list(range(len(told))))
            return [result for _number, result in told]

        return asyncio.run(scene())

    def test_what_gathers_during_a_commit_is_committed_together(self):
        batches, gate = [], threading.Event()

        def accept(arrivals):
            gate.wait(5)
            batches.append(len(arrivals))
            return [arrival.content for arrival in arrivals]

        results = self._run(accept, [b"%d" % n for n in range(100)], gate.set)
        self.assertEqual(results, [b"%d" % n for n in range(100)])
        self.assertLessEqual(len(batches), 2)

    @mute_logger(WRITER)
    def test_one_message_that_cannot_be_stored_does_not_hold_up_the_others(self):
        def accept(arrivals):
            if any(arrival.content == b"bad" for arrival in arrivals):
                raise ValueError
            return [arrival.content for arrival in arrivals]

        first, bad, last = self._run(accept, [b"1", b"bad", b"2"])
        self.assertEqual((first, last), (b"1", b"2"))
        self.assertIsInstance(bad, NotStored)

    @mute_logger(WRITER)
    def test_without_the_database_a_batch_is_not_tried_piece_by_piece(self):
        calls = []

        def accept(arrivals):
            calls.append(len(arrivals))
            raise ConnectionError

        results = self._run(accept, [b"1", b"2", b"3"])
        self.assertTrue(all(isinstance(each, NotStored) for each in results))
        self.assertEqual(sum(calls), 3)

    def test_what_is_new_goes_the_quick_way(self):
        quick, accepted = Quick(True), []
        results = self._run(self._accept(accepted), [b"1", b"2"], quick=quick)
        self.assertEqual(len(quick.batches), 1)
        self.assertFalse(accepted)
        self.assertTrue(all(b"MSA" in each for each in results))

    def test_what_the_quick_way_did_not_store_is_stored_the_other_way(self):
        quick, accepted = Quick(False), []
        results = self._run(self._accept(accepted), [b"1", b"2"], quick=quick)
        self.assertEqual(results, [b"1", b"2"])
        self.assertEqual(accepted, [b"1", b"2"])

    def test_order_holds_where_both_ways_are_taken(self):
        quick, accepted = Quick(True), []
        contents = [b"1", b"BHS|^~\\&|2", b"3", b"BHS|^~\\&|4"]
        self._run(self._accept(accepted), contents, quick=quick)
        self.assertEqual(accepted, [contents[1], contents[3]])
        self.assertEqual(quick.batches, [[b"1"], [b"3"]])

    @mute_logger(WRITER)
    def test_r02_nobody_waits_without_end_for_a_database_that_hangs(self):
        accepted = []

        def accept(arrivals):
            threading.Event().wait(1)
            accepted.extend(arrival.content for arrival in arrivals)
            return [arrival.content for arrival in arrivals]

        with patch.object(writer_module, "STORE_SECONDS", 0.2):
            for quick in (Quick(None), None):
                results = self._run(accept, [b"1", b"2"], quick=quick)
                self.assertTrue(all(isinstance(each, NotStored) for each in results))
        # What was under way is brought to its end all the same, for nobody to hear of.
        self.assertEqual(accepted, [b"1", b"2"] * 2)

    def _accept(self, accepted):
        def accept(arrivals):
            accepted.extend(arrival.content for arrival in arrivals)
            return [arrival.content for arrival in arrivals]

        return accept

import asyncio
import contextlib
import ipaddress
import json
import socket
import ssl
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import uvloop

from odoo.tests import BaseCase
from odoo.tools import mute_logger

from ..core.framing import Limits, wrap
from ..core.tls import Tls
from ..gateway.health import Health
from ..gateway.server import Gateway
from .certificates import Authority, client_context
from .gateway_case import LOOPBACK, SERVER, Line, Store

NOT_SERVED = (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError)


class TestTls(BaseCase):
    """Who gets in: real TLS over a real socket, with certificates made here."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.authority = Authority()
        certificate, key = cls.authority.issue("gateway", ["127.0.0.1"])
        cls.tls = Tls(certificate, key, cls.authority.pem, frozenset({"his.hospital"}))

    def _talk(self, context=None, tls=True, networks=LOOPBACK, plain=b""):
        """What a sender gets for one message, and what the gateway wrote down."""
        entries = []

        async def scene():
            line = Line(
                "T", "127.0.0.1", 0, networks, Limits(), self.tls if tls else None
            )
            store, address = Store([line]), asyncio.Future()
            gateway = Gateway(
                store,
                find_lines=lambda: store.lines,
                make_arrival=lambda line, peer, event: event,
                wake=lambda: None,
                announce=lambda line, found: address.set_result(found),
                report=lambda told, state: entries.extend(told),
            )
            running = asyncio.ensure_future(gateway.run())
            host, port = await address
            answer = b""
            with contextlib.suppress(*NOT_SERVED):
                async with asyncio.timeout(20):
                    reader, writer = await asyncio.open_connection(
                        host, port, ssl=context
                    )
                    writer.write(plain or wrap(b"1"))
                    answer = await reader.readuntil(b"\x1c\r")
                    writer.close()
            gateway.stop()
            await running
            return answer

        answer = asyncio.run(scene())
        return answer, [(entry.event, entry.detail) for entry, _count in entries]

    def _client(self, name="his.hospital", authority=None, **options):
        certificate, key = (authority or self.authority).issue(name, **options)
        return client_context(self.authority.pem, certificate, key, self.folder)

    def test_s01_the_right_certificate_gets_in(self):
        answer, told = self._talk(self._client())
        self.assertIn(b"ACK 1", answer)
        self.assertIn(("connect", ""), told)

    def test_s01_a_sender_that_speaks_before_it_is_heard_gets_in(self):
        """The handshake has begun before the gateway's loop comes to the line."""
        context = self._client()

        def send(address):
            with (
                socket.create_connection(address, timeout=5) as line,
                context.wrap_socket(line) as secure,
            ):
                secure.sendall(wrap(b"1"))
                return secure.recv(1000)

        async def scene():
            line = Line("T", "127.0.0.1", 0, LOOPBACK, Limits(), self.tls)
            store, address = Store([line]), asyncio.Future()
            gateway = Gateway(
                store,
                find_lines=lambda: store.lines,
                make_arrival=lambda line, peer, event: event,
                wake=lambda: None,
                announce=lambda line, found: address.set_result(found),
                report=lambda told, state: None,
            )
            running = asyncio.ensure_future(gateway.run())
            found = await address
            with ThreadPoolExecutor(8) as threads:
                sent = [threads.submit(send, found) for _ in range(8)]
                time.sleep(0.5)  # noqa: ASYNC251 - everybody has spoken by then
                answers = await asyncio.gather(*map(asyncio.wrap_future, sent))
            gateway.stop()
            await running
            return answers

        for run in (asyncio.run, uvloop.run):
            for answer in run(scene()):
                self.assertIn(b"ACK 1", answer)

    def test_s01_a_name_among_the_alternatives_is_enough(self):
        answer, _told = self._talk(
            self._client("somebody", alternatives=["his.hospital"])
        )
        self.assertIn(b"ACK 1", answer)

    def test_s01_another_name_of_the_same_authority_is_refused(self):
        with mute_logger(SERVER):
            answer, told = self._talk(self._client("lis.hospital"))
        self.assertEqual(answer, b"")
        self.assertIn(
            ("refuse", "its certificate is of nobody who may send here"), told
        )

    def test_s01_no_certificate_is_refused(self):
        with mute_logger(SERVER):
            answer, told = self._talk(client_context(self.authority.pem))
        self.assertEqual(answer, b"")
        self.assertIn(("refuse", "TLS: peer did not return a certificate"), told)

    def test_s01_a_certificate_of_another_authority_is_refused(self):
        with mute_logger(SERVER):
            answer, told = self._talk(self._client(authority=Authority("Elsewhere")))
        self.assertEqual(answer, b"")
        self.assertIn(("refuse", "TLS: certificate verify failed"), told)

    def test_s01_a_certificate_that_has_ended_is_refused(self):
        with mute_logger(SERVER):
            answer, told = self._talk(self._client(ends=-1))
        self.assertEqual(answer, b"")
        self.assertIn(("refuse", "TLS: certificate verify failed"), told)

    def test_s01_plaintext_to_a_tls_port_is_refused_and_written_down(self):
        with mute_logger(SERVER):
            answer, told = self._talk(None)
        self.assertEqual(answer, b"")
        self.assertTrue([event for event in told if event[1].startswith("TLS: ")])

    def test_s01_tls_older_than_1_2_is_refused(self):
        context = self._client()
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        with mute_logger(SERVER):
            answer, _told = self._talk(context)
        self.assertEqual(answer, b"")

    def test_s01_tls_1_2_is_served(self):
        context = self._client()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.assertIn(b"ACK 1", self._talk(context)[0])

    def test_s01_a_right_certificate_from_a_wrong_network_is_refused(self):
        elsewhere = (ipaddress.ip_network("10.0.0.0/8"),)
        with mute_logger(SERVER):
            answer, told = self._talk(self._client(), networks=elsewhere)
        self.assertEqual(answer, b"")
        self.assertIn(("refuse", "its network is not allowed"), told)


class TestHealth(BaseCase):
    """The state of the gateway, as a monitor reads it."""

    def _ask(self, state, request=b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"):
        async def scene():
            health = Health(lambda: state)
            host, port = (await health.start())[:2]
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(request)
            answer = await reader.read()
            writer.close()
            health.stop()
            return answer

        head, _, body = asyncio.run(scene()).partition(b"\r\n\r\n")
        return head.split(b"\r\n")[0], json.loads(body or b"{}")

    def test_a_gateway_that_is_well_says_so(self):
        status, state = self._ask({"status": "ok", "connections": 3})
        self.assertEqual(status, b"HTTP/1.1 200 OK")
        self.assertEqual(state["connections"], 3)

    def test_a_gateway_without_its_database_is_not_well(self):
        status, _state = self._ask({"status": "degraded"})
        self.assertEqual(status, b"HTTP/1.1 503 Service Unavailable")

    def test_nothing_else_is_there(self):
        status, _state = self._ask({}, b"GET /etc/passwd HTTP/1.1\r\n\r\n")
        self.assertEqual(status, b"HTTP/1.1 404 Not Found")

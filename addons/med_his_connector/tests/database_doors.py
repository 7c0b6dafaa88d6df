"""Doors of databases, as an attacker or a proxy with TLS keeps them."""

import contextlib
import select
import socket
import ssl
import struct
import tempfile
import threading
from pathlib import Path

SSL_REQUEST, GSS_REQUEST = 80877103, 80877104


class Door:
    """Listens on a port of its own until it is closed; each call gets a thread."""

    def __init__(self):
        self.heard = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        self._listener.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                caller, _address = self._listener.accept()
                caller.settimeout(20)
                threading.Thread(
                    target=self._answer_safely, args=(caller,), daemon=True
                ).start()

    def _answer_safely(self, caller):
        with contextlib.suppress(OSError), caller:
            self._answer(caller)

    def _answer(self, caller):
        raise NotImplementedError


class GreedyMaria(Door):
    """Speaks MySQL's protocol without TLS, and asks for the password in plain text."""

    def _answer(self, caller):
        greeting = (
            b"\x0a8.0.0\0"
            + struct.pack("<I8sxHBHHB10x", 1, b"8" * 8, 0x8208, 45, 2, 0x0008, 21)
            + b"12" * 6
            + b"\0mysql_native_password\0"
        )
        caller.sendall(_packet(greeting, 0))
        self.heard += caller.recv(4096)
        caller.sendall(_packet(b"\xfemysql_clear_password\0", 2))
        self.heard += caller.recv(4096)


class PostgresDoor(Door):
    """In front of the tests' own server, as a proxy is: with TLS, or without."""

    def __init__(self, behind, certificate=None):
        self._behind, self._context = behind, None
        if certificate:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "both.pem"
                file.write_text("".join(certificate))
                self._context.load_cert_chain(file)
        super().__init__()

    def _answer(self, caller):
        start = caller.recv(4096)
        while len(start) == 8 and struct.unpack("!II", start)[1] != SSL_REQUEST:
            caller.sendall(b"N")  # no encryption by Kerberos here
            start = caller.recv(4096)
        if len(start) == 8:
            caller.sendall(b"S" if self._context else b"N")
            if self._context:
                caller = self._context.wrap_socket(caller, server_side=True)
            start = caller.recv(4096)
        self.heard += start
        if not start:
            return
        with socket.socket(socket.AF_UNIX) as server:
            server.connect(self._behind)
            server.sendall(start)
            self._pass_on(caller, server)

    @staticmethod
    def _pass_on(caller, server):
        while True:
            pending = getattr(caller, "pending", lambda: 0)()
            ready = [caller] if pending else select.select([caller, server], [], [])[0]
            for one in ready:
                content = one.recv(65536)
                if not content:
                    return
                (server if one is caller else caller).sendall(content)


def _packet(payload, number):
    return struct.pack("<I", len(payload))[:3] + bytes([number]) + payload

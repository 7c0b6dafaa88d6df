"""Senders as a HIS has them: what is not answered is sent again, whatever happened."""

import contextlib
import socket
import threading
import time

ANSWER_SECONDS = 20.0
AGAIN_SECONDS = 0.05
GIVE_UP_SECONDS = 240.0


def charge(control_id, number):
    """A charge of one piece, of its own visit's ward."""
    now = time.strftime("%Y%m%d%H%M%S", time.localtime(time.time() - 86400))
    return "\r".join(
        (
            f"MSH|^~\\&|HIS|DRILL|MED|STORE|{now}||DFT^P03|{control_id}|P|2.4",
            f"PID|1||P{number % 40}^^^DRILL^MR||Test^Patient",
            "PV1|1|I|W1" + "|" * 16 + f"V{number % 40}",
            f"FT1|1|{control_id}||{now}||CG|I{number % 10}|||1|||W{number % 4}",
            "",
        )
    ).encode()


class Sender(threading.Thread):
    """Sends its messages one after another over one connection, to the end.

    ``ports()`` are the gateways that may be asked now. ``acknowledged`` holds the ids
    that were answered AA, each with when.
    """

    def __init__(self, ports, messages, hold=lambda: None):
        super().__init__(daemon=True)
        self._ports = ports
        self._messages = messages
        self._hold = hold
        self._connection = None
        self.acknowledged = {}
        self.wrong = []

    def run(self):
        deadline = time.monotonic() + GIVE_UP_SECONDS
        for number, (control_id, content) in enumerate(self._messages):
            self._hold()
            while not self._deliver(control_id, content, number):
                if time.monotonic() > deadline:
                    self.wrong.append(f"{control_id} was never answered")
                    return
                time.sleep(AGAIN_SECONDS)
        self._hang_up()

    def _deliver(self, control_id, content, number):
        try:
            if not self._connection:
                ports = self._ports()
                address = "127.0.0.1", ports[number % len(ports)]
                self._connection = socket.create_connection(address, ANSWER_SECONDS)
            self._connection.sendall(b"\x0b" + content + b"\x1c\r")
            answer = self._receive()
        except OSError:
            self._hang_up()
            return False
        if f"\rMSA|AA|{control_id}\r".encode() not in answer:
            self.wrong.append(f"{control_id} was answered {answer!r}")
        self.acknowledged[control_id] = time.monotonic()
        return True

    def _receive(self):
        answer = b""
        while not answer.endswith(b"\x1c\r"):
            part = self._connection.recv(65536)
            if not part:
                raise ConnectionError("hung up")
            answer += part
        return answer

    def _hang_up(self):
        connection, self._connection = self._connection, None
        if connection:
            with contextlib.suppress(OSError):
                connection.close()


def cut_in_the_middle(port, content):
    """Send a part of a frame and hang up."""
    with (
        contextlib.suppress(OSError),
        socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS) as connection,
    ):
        connection.sendall(b"\x0b" + content[: len(content) // 2])

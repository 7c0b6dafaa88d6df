import json
import socket
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from odoo import fields
from odoo.fields import Command
from odoo.tests import new_test_user

from ..core.hl7_message import parse, read_envelope
from .common import HisCase

WRISTBAND = "VISIT-4711"


class Receiver(threading.Thread):
    """Another system that listens: keeps what comes, answers as it is told."""

    def __init__(self):
        super().__init__(daemon=True)
        self.messages, self.answers = [], []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                line, _peer = self._socket.accept()
            except OSError:
                return
            with line:
                self._converse(line)

    def _converse(self, line):
        waiting = b""
        while chunk := line.recv(65536):
            waiting += chunk
            while b"\x1c\r" in waiting:
                frame, _, waiting = waiting.partition(b"\x1c\r")
                message = frame.removeprefix(b"\x0b")
                self.messages.append(message)
                answer = self.answers.pop(0) if self.answers else "AA"
                if answer == "hang up":
                    return
                own = message.split(b"\r")[0].split(b"|")[9].decode()
                for code, control_id in _told(answer, own):
                    text = f"MSH|^~\\&|HIS|H|MED|M|20260101||ACK|1|P|2.5\rMSA|{code}|"
                    text += f"{control_id}\rERR||FT1^1^7|103\r"
                    line.sendall(b"\x0b" + text.encode() + b"\x1c\r")

    def stop(self):
        self._socket.close()


class FhirReceiver(ThreadingHTTPServer):
    """A FHIR server that keeps what comes and answers as it is told."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), FhirHandler)
        self.port = self.server_address[1]
        self.requests, self.answers = [], []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()


class FhirHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(
            {
                "path": self.path,
                "key": self.headers["Authorization"],
                "condition": self.headers["If-None-Exist"],
                "body": json.loads(body),
            }
        )
        answer = self.server.answers.pop(0)
        status, told = answer if isinstance(answer, tuple) else (answer, None)
        content = json.dumps(told).encode() if told else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_words):
        pass


def _told(answer, own):
    """``AA``, or a late answer to another message before the right one."""
    if answer == "late":
        return [("AE", "another"), ("AA", own)]
    return [(answer, own)]


class OutboundCase(HisCase):
    """A channel that tells a real listener on this machine of what is scanned."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.receiver = Receiver()
        cls.addClassCleanup(cls.receiver.stop)
        cls.out = cls._channel(
            "OUT",
            transport="out_mllp",
            out_host="127.0.0.1",
            out_port=cls.receiver.port,
            out_tls=False,
            answer_seconds=2,
            sends_charges=True,
            max_attempts=3,
        )
        cls.gloves.med_chargeable = True
        cls.nurse = new_test_user(
            cls.env,
            "his_out_nurse",
            groups="med_consumables.group_ward_user",
            med_department_ids=[Command.link(cls.icu.id)],
        )
        cls.screen = cls.env["med.point.of.use"].with_user(cls.nurse)

    def setUp(self):
        super().setUp()
        self.receiver.messages.clear()
        self.receiver.answers.clear()

    def _scan(self, key="s1", wristband=WRISTBAND, **values):
        read = wristband and self.screen.read_wristband(wristband, self.icu.id)
        scan = {
            "key": key,
            "department_id": self.icu.id,
            "kind": "use",
            "quantity": 2,
            "scanned_at": "2026-01-05T02:15:00Z",
            "product_id": self.gloves.id,
            "token": read["token"] if read else "",
            **values,
        }
        [answer] = self.screen.record([scan], "2026-01-05T02:15:00Z")
        self.assertEqual(answer["status"], "recorded", answer)
        return self._outbound(key)

    def _outbound(self, key):
        return self.env["med.his.outbound"].search(
            [("consumption_id.external_key", "=", key)]
        )

    def _send(self):
        self.env["med.his.outbound"]._send_all(self.out, lambda: 1)

    def _later(self):
        self.env["med.his.outbound"].search([("state", "=", "waiting")]).write(
            {"next_try_at": fields.Datetime.now() - timedelta(seconds=1)}
        )

    def _read(self, raw):
        return parse(read_envelope(raw, "utf-8"))

"""Real servers on this machine that take what alerts send: HTTP and SMTP."""

import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _HttpHandler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.received.append((self.path, dict(self.headers), body))
        answers = self.server.answers
        status, content, *headers = answers.pop(0) if answers else (200, {"errcode": 0})
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *args):
        """A test looks at what was received, not at a log."""


class HttpReceiver:
    """Keeps what is posted; answers from ``answers``, else 200 with errcode 0.

    An answer is a status, the content and any headers as pairs.
    """

    def __init__(self):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _HttpHandler)
        self._server.received = self.received = []
        self._server.answers = self.answers = []
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


class _SmtpHandler(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client needs that sends a mail."""

    def handle(self):
        self._say("220 ready")
        while line := self.rfile.readline():
            verb = line[:4].upper().strip()
            if verb == b"DATA":
                self._say("354 go on")
                self.server.received.append(self._read_mail())
                self._say("250 taken")
            elif verb == b"RCPT" and self.server.refuses:
                self._say("550 no such person")
            elif verb == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _read_mail(self):
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        return b"".join(lines)

    def _say(self, text):
        self.wfile.write(f"{text}\r\n".encode())


class SmtpReceiver:
    """Keeps the mails it gets; with ``refuses`` it knows nobody."""

    def __init__(self):
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _SmtpHandler)
        self._server.daemon_threads = True
        self._server.received = self.received = []
        self._server.refuses = False
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def refuse(self):
        self._server.refuses = True

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

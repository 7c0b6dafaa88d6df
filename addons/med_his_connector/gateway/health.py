"""The gateway's state as JSON, at an address of this machine only.

    GET /health   ->  200 {"status": "ok", ...}    503 {"status": "degraded", ...}

Monitors ask it; it holds counts and times, nothing of what was sent.
"""

import asyncio
import contextlib
import json

REQUEST_SECONDS = 5.0
LONGEST_REQUEST = 4096
#: Whoever asked has left, or does not speak HTTP.
GONE = (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)


class Health:
    """Answers ``state()``, a dict with ``status``, to whoever asks over HTTP."""

    def __init__(self, state, host="127.0.0.1", port=0):
        self._state = state
        self._address = host, port
        self._server = None

    async def start(self):
        """Begin to answer; returns the address."""
        self._server = await asyncio.start_server(
            self._answer, *self._address, limit=LONGEST_REQUEST
        )
        return self._server.sockets[0].getsockname()

    def stop(self):
        if self._server:
            self._server.close()

    async def _answer(self, reader, writer):
        with contextlib.suppress(*GONE):
            async with asyncio.timeout(REQUEST_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._response(head))
                await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    def _response(self, head):
        method, path, *_ = [*head.split(b"\r\n", 1)[0].split(b" "), b"", b""]
        if method != b"GET" or path.split(b"?")[0] not in (b"/", b"/health"):
            return _http("404 Not Found", {"status": "unknown path"})
        state = self._state()
        ok = state["status"] == "ok"
        return _http("200 OK" if ok else "503 Service Unavailable", state)


def _http(status, content):
    body = json.dumps(content).encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n"
        "Cache-Control: no-store\r\n\r\n"
    )
    return head.encode() + body

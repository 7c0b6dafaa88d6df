"""Senders of HL7 messages over MLLP: a process of its own, so that what it costs is not
counted as the receiver's.

    python -m bench._senders HOST PORT CONNECTIONS MESSAGES PREFIX [LINES-FILE]

Each connection sends its messages one after another, each when the last is answered.
Prints one JSON object: seconds, and the times from byte to answer in milliseconds.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

END = b"\x1c\r"


def charge(number, prefix, item="NOT-MAPPED", department="W0", quantity=1, moment=None):
    """A one-line charge as a HIS sends it; every 20th is of the same visit."""
    moment = moment or "20260105100000"
    return "\r".join(
        (
            f"MSH|^~\\&|HIS|BENCH|MED|STORE|{moment}||DFT^P03|{prefix}{number}|P|2.4",
            f"EVN|P03|{moment}",
            f"PID|1||P{number % 5000}^^^BENCH^MR||测试^病人||19700101|F|||Road 1^^City",
            f"PV1|1|I|{department}^12^3" + "|" * 16 + f"V{number % 5000}",
            f"FT1|1|{prefix}{number}||{moment}||CG|{item}|||{quantity}|||{department}",
            "",
        )
    ).encode()


class Sender(asyncio.Protocol):
    """One connection."""

    def __init__(self, messages, done):
        self.messages = iter(messages)
        self.done = done
        self.times = []
        self.received = b""

    def connection_made(self, transport):
        self.transport = transport
        self.send()

    def send(self):
        message = next(self.messages, None)
        if message is None:
            self.transport.close()
            self.done.set_result(self.times)
            return
        self.began = time.perf_counter()
        self.transport.write(b"\x0b" + message + END)

    def data_received(self, data):
        self.received += data
        if self.received.endswith(END):
            if b"\rMSA|AA|" not in self.received:
                self.done.set_exception(RuntimeError(repr(self.received)))
                return
            self.times.append(time.perf_counter() - self.began)
            self.received = b""
            self.send()

    def connection_lost(self, error):
        if not self.done.done():
            self.done.set_exception(ConnectionError("hung up"))


async def send(host, port, connections, messages):
    loop = asyncio.get_running_loop()
    began, waiting = time.perf_counter(), []
    for number in range(connections):
        done = loop.create_future()
        own = messages[number::connections]
        await loop.create_connection(
            lambda own=own, done=done: Sender(own, done), host, port
        )
        waiting.append(done)
    times = [each for own in await asyncio.gather(*waiting) for each in own]
    return time.perf_counter() - began, times


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


def main():
    host, port, connections, count, prefix, *file = sys.argv[1:]
    if file:
        lines = json.loads(Path(file[0]).read_text())
        messages = [charge(n, prefix, *line) for n, line in enumerate(lines)]
    else:
        messages = [charge(number, prefix) for number in range(int(count))]
    seconds, times = asyncio.run(send(host, int(port), int(connections), messages))
    shares = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}
    figures = {name: 1000 * percentile(times, share) for name, share in shares.items()}
    print(json.dumps({"n": len(times), "seconds": seconds, **figures}))  # noqa: T201


if __name__ == "__main__":
    main()

"""The least that could be called a durable listener: frames in, rows out, one commit
for all that gathered, a fixed answer. It reads, checks and encrypts nothing.

    python -m bench._bare_listener DATABASE     prints the port it listens on
"""

import asyncio
import queue
import sys
import threading
from contextlib import closing

import psycopg2
from psycopg2.extras import execute_values

ANSWER = b"\x0bMSH|^~\\&|MED|STORE|HIS|BENCH|||ACK|1|P|2.4\rMSA|AA|1\r\x1c\r"


def write(connection, waiting, loop):
    cursor = connection.cursor()
    while (first := waiting.get()) is not None:
        batch = [first]
        while len(batch) < 256:
            try:
                batch.append(waiting.get_nowait())
            except queue.Empty:
                break
        rows = [(content,) for content, _future in batch]
        execute_values(cursor, "INSERT INTO bench_bare (content) VALUES %s", rows)
        connection.commit()
        for _content, future in batch:
            loop.call_soon_threadsafe(future.set_result, None)


async def main(database):
    loop, waiting = asyncio.get_running_loop(), queue.SimpleQueue()

    async def serve(reader, writer):
        try:
            while True:
                content = await reader.readuntil(b"\x1c\r")
                future = loop.create_future()
                waiting.put((content, future))
                await future
                writer.write(ANSWER)
        except asyncio.IncompleteReadError:
            writer.close()

    with closing(psycopg2.connect(dbname=database)) as connection:
        thread = threading.Thread(
            target=write, args=(connection, waiting, loop), daemon=True
        )
        thread.start()
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))

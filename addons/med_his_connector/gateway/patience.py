"""A time limit that every message moves on."""

import asyncio


class Patience:
    """Ends what its task waits for when that takes too long.

    ``asyncio.timeout`` makes and drops a timer each time, which costs as much as
    reading a message. Here one timer serves a connection: it looks when the limit that
    it knew has passed, and mostly finds that the limit has moved.
    """

    def __init__(self):
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._until = None  # None: nothing is waited for
        self._timer = None
        self._over = False

    async def wait(self, awaitable, seconds):
        """What ``awaitable`` gives; ``TimeoutError`` after ``seconds``."""
        self._limit(self._loop.time() + seconds)
        try:
            return await awaitable
        except asyncio.CancelledError:
            if self._over:
                raise TimeoutError from None
            raise
        finally:
            self._until = None

    def close(self):
        if self._timer:
            self._timer.cancel()

    def _limit(self, until):
        self._until = until
        if self._timer and self._timer.when() <= until:
            return
        self.close()
        self._timer = self._loop.call_at(until, self._look)

    def _look(self):
        self._timer = None
        if self._until is None:
            return
        if self._until > self._loop.time():
            self._limit(self._until)
        else:
            self._over = True
            self._task.cancel()

"""Group commit: whatever waits is taken together, and committed in one transaction.

While one commit is on its way to the disk, messages of all connections gather; the next
commit takes them together. So a connection waits for about two commits, and the
database for one at a time, however many senders there are. Messages are stored in the
order in which they came, and told of in that order.

What is new and plain goes the quick way, in the event loop. The rest (batches, numbered
messages, answers after processing, what is known already, what fails) goes through
Odoo, in a thread of its own.
"""

import asyncio
import logging
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial

_logger = logging.getLogger(__name__)

BATCH_MESSAGES = 256
BATCH_BYTES = 16 * 1024 * 1024
#: Longer than that nobody waits: the senders are cut off, and send again.
STORE_SECONDS = 60.0


class NotStored(Exception):
    """The message is not safe: its sender must not be answered."""


class NotDecided(NotStored):
    """It is safe, but its sender is to be told only what becomes of it."""


class Writer:
    """Everything that stores messages happens here, one batch after another."""

    def __init__(self, loop, accept, quick=None):
        """``accept(arrivals) -> answers`` returns only what is committed; it blocks."""
        self._loop = loop
        self._accept = accept
        self._quick = quick
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._waiting = deque()
        self._in_hand = ()
        self._is_going = False
        self._since = 0.0
        self._timer = None
        self._idle = None  # somebody waits until nothing waits

    def store(self, arrival, done):
        """Call ``done`` with the answer; with a NotStored where it is not stored."""
        self._waiting.append((arrival, done))
        if not self._is_going:
            self._is_going = True
            self._loop.call_soon(self._go_on)

    def call(self, function) -> asyncio.Future:
        """A future with what ``function()`` returns, called beside the batches."""
        return self._loop.run_in_executor(self._thread, function)

    def waiting(self):
        """How many are not stored yet."""
        return len(self._waiting) + len(self._in_hand)

    async def close(self):
        """End after what is waiting now."""
        if self._is_going:
            self._idle = self._loop.create_future()
            await self._idle
        await self._loop.run_in_executor(None, self._thread.shutdown)
        if self._quick:
            self._quick.close()

    # One batch after another

    def _go_on(self):
        if not self._waiting:
            self._is_going = False
            if self._idle and not self._idle.done():
                self._idle.set_result(None)
            return
        is_plain, items = self._gather()
        self._in_hand = items
        self._since = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_later(STORE_SECONDS, self._look)
        arrivals = [arrival for arrival, _done in items]
        if is_plain and self._quick and self._quick.is_ready:
            self._quick.insert(arrivals, partial(self._tried, items, arrivals))
        else:
            self._store_in_thread(items, arrivals)

    def _gather(self):
        """What waits and goes the same way, up to a batch."""
        waiting, items, size = self._waiting, [], 0
        way = _is_plain(waiting[0][0])
        while waiting and len(items) < BATCH_MESSAGES and size < BATCH_BYTES:
            arrival = waiting[0][0]
            if _is_plain(arrival) != way:
                break
            items.append(waiting.popleft())
            size += len(arrival.content)
        return way, items

    def _tried(self, items, arrivals, is_stored):
        if is_stored:
            answers = [arrival.verdict.answer.content for arrival in arrivals]
            self._tell(items, answers)
        else:
            self._store_in_thread(items, arrivals)

    def _store_in_thread(self, items, arrivals):
        future = self._loop.run_in_executor(self._thread, self._accepted, arrivals)
        future.add_done_callback(lambda done: self._tell(items, done.result()))

    def _accepted(self, arrivals):
        """In the thread: an answer, or a NotStored, for each."""
        try:
            answers = self._accept(arrivals)
        except Exception as error:  # noqa: BLE001  told to each sender's connection
            if len(arrivals) > 1 and not isinstance(error, ConnectionError):
                # One that cannot be stored must not hold up the others for ever.
                return [self._accepted([each])[0] for each in arrivals]
            name = type(error).__name__
            _logger.error("%s messages not stored: %s", len(arrivals), name)
            return [NotStored(name)] * len(arrivals)
        return [
            NotDecided("not decided now") if answer is None else answer
            for answer in answers
        ]

    def _tell(self, items, answers):
        is_awaited = self._in_hand is items
        self._in_hand = ()
        # The database has its next batch before the senders have their answers.
        self._go_on()
        if is_awaited:
            for (_arrival, done), answer in zip(items, answers, strict=True):
                done(answer)

    def _look(self):
        """Whether what is in hand takes too long."""
        self._timer = None
        if not self._is_going:
            return
        left = self._since + STORE_SECONDS - self._loop.time()
        if left <= 0:
            self._give_up()
            left = STORE_SECONDS
        self._timer = self._loop.call_later(left, self._look)

    def _give_up(self):
        """The database hangs: nobody is answered, and senders find the line closed."""
        self._since = self._loop.time()
        given_up = [*self._in_hand, *self._waiting]
        self._in_hand = ()
        self._waiting.clear()
        _logger.error("%s messages not stored in time", len(given_up))
        for _arrival, done in given_up:
            done(NotStored("not in time"))
        if self._quick:
            self._quick.reopen()


def _is_plain(arrival):
    """One row, whose answer is known already."""
    return arrival.verdict is not None and not arrival.receiver.late

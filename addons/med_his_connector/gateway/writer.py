"""Group commit: one thread takes whatever waits, and commits it in one transaction.

While one commit is on its way to the disk, messages of all connections gather; the next
commit takes them together. So a connection waits for about two commits, and the
database for one at a time, however many senders there are.
"""

import asyncio
import logging
import queue
import threading

_logger = logging.getLogger(__name__)

BATCH_MESSAGES = 256
BATCH_BYTES = 16 * 1024 * 1024


class NotStored(Exception):
    """The message is not safe: its sender must not be answered."""


class Writer(threading.Thread):
    """Everything that touches the database happens in this thread, in order."""

    def __init__(self, loop, accept):
        """``accept(arrivals) -> answers`` returns only what is committed."""
        super().__init__(name="writer", daemon=True)
        self._loop = loop
        self._accept = accept
        self._waiting = queue.SimpleQueue()

    def store(self, arrival) -> asyncio.Future:
        """A future with the answer; NotStored where the database did not take it."""
        return self._enqueue(arrival, None)

    def call(self, function) -> asyncio.Future:
        """A future with what ``function()`` returns, called between two batches."""
        return self._enqueue(None, function)

    def waiting(self):
        """How many wait for their turn."""
        return self._waiting.qsize()

    def stop(self):
        """End after what is waiting now."""
        self._waiting.put(None)

    def run(self):
        while (first := self._waiting.get()) is not None:
            batch, ending = self._gather(first)
            for arrivals, function in _split(batch):
                if function:
                    self._run_call(*function)
                else:
                    self._run_store(arrivals)
            if ending:
                return

    def _enqueue(self, arrival, function):
        future = self._loop.create_future()
        self._waiting.put((arrival, function, future))
        return future

    def _gather(self, first):
        """What waits, up to a batch; and whether the end was among it."""
        batch, size = [first], _size(first)
        while len(batch) < BATCH_MESSAGES and size < BATCH_BYTES:
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                break
            if item is None:
                return batch, True
            batch.append(item)
            size += _size(item)
        return batch, False

    def _run_store(self, items):
        try:
            answers = self._accept([arrival for arrival, _, _ in items])
        except Exception as error:  # noqa: BLE001  told to each sender's connection
            self._store_failed(items, error)
            return
        futures = [future for _, _, future in items]
        # The loop is woken once for all: each time costs a system call.
        self._in_loop(lambda: _answer(futures, answers))

    def _store_failed(self, items, error):
        """One message that cannot be stored must not hold up the others for ever."""
        if len(items) > 1 and not isinstance(error, ConnectionError):
            for item in items:
                self._run_store([item])
            return
        _logger.error("%s messages not stored: %s", len(items), type(error).__name__)
        for _, _, future in items:
            self._fail(future, NotStored(type(error).__name__))

    def _run_call(self, function, future):
        try:
            result = function()
        except Exception as error:  # noqa: BLE001  belongs to whoever waits for it
            self._fail(future, error)
        else:
            self._resolve(future, result)

    def _resolve(self, future, result):
        self._in_loop(lambda: future.cancelled() or future.set_result(result))

    def _fail(self, future, error):
        self._in_loop(lambda: future.cancelled() or future.set_exception(error))

    def _in_loop(self, function):
        self._loop.call_soon_threadsafe(function)


def _answer(futures, answers):
    for future, answer in zip(futures, answers, strict=True):
        if future.cancelled():
            continue
        if answer is None:
            future.set_exception(NotStored("not decided now"))
        else:
            future.set_result(answer)


def _split(batch):
    """The batch in order, as runs of arrivals and single calls."""
    run = []
    for item in batch:
        _arrival, function, future = item
        if function:
            if run:
                yield run, None
                run = []
            yield None, (function, future)
        else:
            run.append(item)
    if run:
        yield run, None


def _size(item):
    arrival = item[0]
    return len(arrival.content) if arrival else 0

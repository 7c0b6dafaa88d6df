"""Group commit: whatever waits is taken together, and committed in one transaction.

While one commit is on its way to the disk, messages of all connections gather; the next
commit takes them together. So a connection waits for about two commits, and the
database for one at a time, however many senders there are. Messages are stored in the
order in which they came, and told of in that order.

What is new and plain goes the quick way, in the event loop; what is known already or
fails there goes through Odoo, in a thread. What may take long (batches, numbered
messages, answers after processing) is worked aside, in a thread and a connection of its
channel: it holds up no other channel. The messages of one sender keep their order.
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


class Turn:
    """The messages of one sender that wait: all on one way at a time."""

    __slots__ = ("count", "held", "way")

    def __init__(self):
        self.way = None
        self.count = 0
        self.held = deque()  # (way, arrival, done): after what is on the other way


class Writer:
    """Everything that stores messages happens here."""

    def __init__(self, loop, accept, quick=None, aside=None):
        """``accept(arrivals) -> answers`` returns only what is committed; it blocks.
        ``aside()`` makes a store of its own (``accept``, ``close``) for a channel."""
        self._loop = loop
        self._plain = Way(loop, accept, quick, self._go_on)
        self._aside = aside
        self._ways = {}  # channel id -> (way, store)

    def store(self, arrival, done, turn=None):
        """Call ``done`` with the answer; with a NotStored where it is not stored.

        What comes with one ``turn`` is stored, and told of, in its order.
        """
        way = self._plain if _is_plain(arrival) else self._way_aside(arrival)
        if turn is None:
            way.store((arrival, done, None))
        elif turn.held or (turn.count and turn.way is not way):
            turn.held.append((way, arrival, done))
        else:
            turn.way = way
            turn.count += 1
            way.store((arrival, done, turn))

    def call(self, function) -> asyncio.Future:
        """A future with what ``function()`` returns, called beside the batches."""
        return self._plain.call(function)

    def waiting(self):
        """How many are not stored yet."""
        return self._plain.waiting() + sum(w.waiting() for w, _ in self._ways.values())

    async def close(self):
        """End after what is waiting now."""
        ways = [self._plain, *(way for way, _store in self._ways.values())]
        while any(way.waiting() for way in ways):
            for way in ways:
                await way.idle()
        for way in ways:
            await way.close()
        for _way, store in self._ways.values():
            if store:
                store.close()

    def _way_aside(self, arrival):
        channel_id = arrival.receiver.channel_id
        if channel_id not in self._ways:
            store = self._aside() if self._aside else None
            accept = store.accept if store else self._plain.accept
            self._ways[channel_id] = Way(self._loop, accept, None, self._go_on), store
        return self._ways[channel_id][0]

    def _go_on(self, turn):
        """Nothing of this sender waits on its way any more: what was held goes on."""
        turn.way = turn.held[0][0]
        while turn.held and turn.held[0][0] is turn.way:
            way, arrival, done = turn.held.popleft()
            turn.count += 1
            way.store((arrival, done, turn))


class Way:
    """Stores what is given to it, one batch after another."""

    def __init__(self, loop, accept, quick, go_on):
        self._loop = loop
        self.accept = accept
        self._quick = quick
        self._held_goes_on = go_on
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._waiting = deque()
        self._in_hand = ()
        self._is_going = False
        self._since = 0.0
        self._timer = None
        self._idle = None  # somebody waits until nothing waits

    def store(self, item):
        """``(arrival, done, turn)``"""
        self._waiting.append(item)
        if not self._is_going:
            self._is_going = True
            self._loop.call_soon(self._go_on)

    def call(self, function):
        return self._loop.run_in_executor(self._thread, function)

    def waiting(self):
        return len(self._waiting) + len(self._in_hand)

    async def idle(self):
        """Until nothing waits."""
        if self._is_going:
            self._idle = self._loop.create_future()
            await self._idle

    async def close(self):
        await self._loop.run_in_executor(None, self._thread.shutdown)
        if self._timer:
            self._timer.cancel()
        if self._quick:
            self._quick.close()

    # One batch after another

    def _go_on(self):
        if not self._waiting:
            self._is_going = False
            if self._idle and not self._idle.done():
                self._idle.set_result(None)
            return
        items = self._gather()
        self._in_hand = items
        self._since = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_later(STORE_SECONDS, self._look)
        arrivals = [arrival for arrival, _done, _turn in items]
        if self._quick and self._quick.is_ready:
            self._quick.insert(arrivals, partial(self._tried, items, arrivals))
        else:
            self._store_in_thread(items, arrivals)

    def _gather(self):
        """What waits, up to a batch."""
        waiting, items, size = self._waiting, [], 0
        while waiting and len(items) < BATCH_MESSAGES and size < BATCH_BYTES:
            size += len(waiting[0][0].content)
            items.append(waiting.popleft())
        return items

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
            answers = self.accept(arrivals)
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
            self._told(items, answers)

    def _told(self, items, answers):
        for (_arrival, done, turn), answer in zip(items, answers, strict=True):
            done(answer)
            if turn is not None:
                turn.count -= 1
                if turn.held and not turn.count:
                    self._held_goes_on(turn)

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
        self._told(given_up, [NotStored("not in time")] * len(given_up))
        if self._quick:
            self._quick.reopen()


def _is_plain(arrival):
    """One row, whose answer is known already."""
    return arrival.verdict is not None and not arrival.receiver.late

"""The quick way into the store: one statement, sent and awaited in the event loop.

It takes what nearly all messages are: new, one row each. It says of a batch only
whether every one of it is committed as new; whatever else happens (one is known
already, a row is refused, the connection breaks) is for ``Store.accept`` to find out.
That is safe, since what was committed after all is recognised there by its key.

No thread is woken for a message, and the database plans the statement once for a
connection.
"""

import logging

import psycopg2
from psycopg2.extensions import POLL_OK, POLL_READ, POLL_WRITE

from ..core.inbox_row import BEGINNING, COLUMNS, columns_of, row_of

_logger = logging.getLogger(__name__)

#: The server ends a statement by itself before we give up on it.
STATEMENT_SECONDS = 20
CONNECT_AGAIN_SECONDS = 1.0
#: A database host that dies without a word is noticed in half a minute.
KEEP_ALIVE = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}
#: Whatever server, role or database say for speed: what is acknowledged is on the disk.
DURABLE = (
    "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') = 'off'"
)


def _prepare():
    names = [*BEGINNING, "received_at", *(name for name, _type in COLUMNS)]
    values = [str(value) for value in BEGINNING.values()] + ["$1"]
    values += [f"unnest(${place})" for place in range(2, len(COLUMNS) + 2)]
    types = ["timestamp", *(f"{type_}[]" for _name, type_ in COLUMNS)]
    return (
        f"SET statement_timeout = '{STATEMENT_SECONDS}s';{DURABLE};"  # noqa: S608
        f"PREPARE med_accept ({', '.join(types)}) AS"
        f" INSERT INTO med_his_message ({', '.join(names)}) SELECT {', '.join(values)}"
        " ON CONFLICT (channel_id, message_key) DO NOTHING"
    )


PREPARE = _prepare()
EXECUTE = f"EXECUTE med_accept ({', '.join(['%s'] * (len(COLUMNS) + 1))})"


class Quick:
    """One connection of its own, each statement committed by itself."""

    def __init__(self, loop, parameters, keyring, now):
        """``parameters`` connect, ``keyring()`` seals, ``now()`` is the time in UTC."""
        self._loop = loop
        self._parameters = parameters
        self._keyring = keyring
        self._now = now
        self._connection = self._cursor = self._socket = None
        self._is_writing = False
        self._then = None  # called when what is under way is over
        self._opening = None

    def open(self):
        """Connect, and again whenever the connection is lost, until ``close``."""
        self._opening = None
        try:
            self._connection = psycopg2.connect(**self._parameters, async_=True)
        except psycopg2.Error as error:
            self._lose(error)
            return
        self._socket = self._connection.fileno()
        self._then = self._opened
        self._poll()

    def reopen(self):
        """Whatever is under way is not awaited any longer."""
        self._lose(None)

    def close(self):
        if self._opening:
            self._opening.cancel()
        self._drop()

    @property
    def is_ready(self):
        return self._cursor is not None and self._then is None

    def insert(self, arrivals, then):
        """Call ``then(is stored)`` once that is known; True only of the whole batch."""
        count = len(arrivals)
        try:
            rows = [row_of(arrival, arrival.verdict) for arrival in arrivals]
            values = columns_of(rows, self._keyring().seal_all)
            self._send(
                EXECUTE,
                [self._now(), *values],
                lambda done: then(done and self._cursor.rowcount == count),
            )
        except Exception as error:  # noqa: BLE001  the other way tells what is wrong
            _logger.info("not the quick way: %s", type(error).__name__)
            then(False)

    def _send(self, statement, values, then):
        self._cursor.execute(statement, values)
        self._then = then
        # Not now: whoever sends this has still to tell what was before it.
        self._loop.call_soon(self._poll)

    def _opened(self, done):
        if done:
            self._cursor = self._connection.cursor()
            try:
                self._send(PREPARE, None, self._prepared)
            except psycopg2.Error as error:
                self._lose(error)

    def _prepared(self, done):
        if not done and self._connection is not None:
            self._lose(None)

    def _poll(self):
        """Go on with what is under way; also called when the server hangs up."""
        if self._connection is None:
            return
        try:
            state = self._connection.poll()
        except psycopg2.Error as error:
            self._failed(error)
            return
        self._watch(state == POLL_WRITE)
        if state == POLL_OK and self._then:
            self._over(True)
        elif state not in (POLL_OK, POLL_READ, POLL_WRITE):
            self._lose(None)

    def _failed(self, error):
        """The statement was refused, or the connection is gone."""
        if self._cursor and not self._connection.closed and self._then:
            self._over(False)
        else:
            self._lose(error)

    def _over(self, done):
        then, self._then = self._then, None
        then(done)

    def _watch(self, writing):
        """Be called when there is something to read, or room to write."""
        descriptor = self._connection.fileno()
        if descriptor != self._socket:  # while it connects, libpq may take another
            self._unwatch()
            self._socket = descriptor
        self._loop.add_reader(descriptor, self._poll)
        if writing != self._is_writing:
            self._is_writing = writing
            if writing:
                self._loop.add_writer(descriptor, self._poll)
            else:
                self._loop.remove_writer(descriptor)

    def _unwatch(self):
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            if self._is_writing:
                self._loop.remove_writer(self._socket)
        self._socket, self._is_writing = None, False

    def _lose(self, error):
        if error is not None:
            _logger.info("the quick way is closed: %s", type(error).__name__)
        self._drop()
        if self._opening is None:
            self._opening = self._loop.call_later(CONNECT_AGAIN_SECONDS, self.open)

    def _drop(self):
        self._unwatch()
        connection, self._connection, self._cursor = self._connection, None, None
        if connection is not None:
            connection.close()
        if self._then:
            self._over(False)

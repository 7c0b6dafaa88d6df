"""The gateway's side of Odoo: channels, durable acceptance, and waking the job."""

import contextlib
import copy
import logging
import os
import socket
from dataclasses import dataclass

from psycopg2 import InterfaceError, OperationalError
from psycopg2.errors import (
    DeadlockDetected,
    LockNotAvailable,
    SerializationFailure,
    UniqueViolation,
)
from psycopg2.pool import PoolError

from odoo import SUPERUSER_ID, api, fields
from odoo.addons.med_consumables.models.keyring import load_keyring
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.sql_db import connection_info_for

from ..core.framing import Limits
from ..core.inbox import Receiver
from ..core.tls import Tls
from .quick import DURABLE, KEEP_ALIVE, Quick

_logger = logging.getLogger(__name__)

#: Two gateways met over one message; the loser looks again.
COLLISIONS = (DeadlockDetected, LockNotAvailable, SerializationFailure, UniqueViolation)
#: The server went away. What was in flight may or may not be committed, so asking
#: again is right: the message's identity makes it safe.
GONE = (InterfaceError, OperationalError, PoolError)
TRIES = 5
ANSWERS_LATE = (
    "it answers when a message is processed, and this database account may not process "
    "any: serve it by a gateway of its own under the server's account (--channel), or "
    "let it answer when a message is stored"
)
#: A statement that takes longer is given up: its sender sends again.
LONGEST_MS = 40_000


@dataclass(frozen=True, slots=True)
class Line:
    """What the gateway must know of a channel."""

    receiver: Receiver
    code: str
    host: str
    port: int
    plaintext: bool
    networks: tuple
    limits: Limits
    tls: Tls | None = None
    hindrance: str = ""  # why it cannot be served at all

    @property
    def channel_id(self):
        return self.receiver.channel_id


class StoreDown(ConnectionError):
    """The database cannot be reached."""


class Store:
    """Used by one thread only. Odoo's registry is read again when it has changed."""

    def __init__(self, database):
        self._registry = Registry(database)
        self._cursor = None
        self._parent = None
        if "med.his.message" not in self._registry:
            raise LookupError(
                f"The addon med_his_connector is not installed in {database}."
            )

    def quick(self, loop):
        """The way in for what is new and plain, beside this one."""
        _name, parameters = connection_info_for(self._registry.db_name)
        return Quick(
            loop,
            {**parameters, **KEEP_ALIVE, "client_encoding": "UTF8"},
            # Where there is no key, the other way says what to do.
            keyring=lambda: load_keyring(None),
            now=fields.Datetime.now,
        )

    def check(self):
        """Fail now rather than at the first message, and say what is not safe."""
        self._run(lambda env: env["med.his.message"]._keyring())
        for name, value in self._run(_unsafe_settings):
            _logger.warning(
                "the database runs with %s = %s: what is acknowledged may be lost in a "
                "power cut",
                name,
                value,
            )

    def fork(self):
        """The same for another thread, on a connection of its own."""
        made = copy.copy(self)
        made._cursor, made._parent = None, self
        return made

    def lines(self, code=None):
        """The active MLLP channels, or the one with this code."""
        domain = [("transport", "=", "mllp")]
        if code:
            domain.append(("code", "=", code))
        self._follow_registry()

        def read(env):
            may_process = _may_process(env)
            channels = env["med.his.channel"].search(domain, order="id")
            return [_line(channel, may_process) for channel in channels]

        return self._run(read)

    def accept(self, arrivals):
        """The answers to arrivals that are committed when this returns.

        None stands for one that is stored and gets no answer now.
        """
        answers = self._run(lambda env: env["med.his.message"]._accept(arrivals))
        late = [
            number
            for number, arrival in enumerate(arrivals)
            if arrival.receiver.late and arrival.content and not answers[number]
        ]
        if late:
            chosen = [arrivals[number] for number in late]
            given = self._run(lambda env: env["med.his.message"]._answers_late(chosen))
            for number, answer in zip(late, given, strict=True):
                answers[number] = answer
        return answers

    def report(self, entries, state):
        """Write down what happened on the lines, and that the gateway is alive."""
        self._run(lambda env: env["med.his.event"]._log_of_gateway(entries, state))

    def wake(self):
        """Tell the job that there is work."""
        self._run(lambda env: env["med.his.message"]._trigger_processing())

    def close(self):
        """Give back the connection; called when nothing more is stored."""
        self._forget_cursor()

    def _run(self, work):
        """``work(env)`` in a transaction of its own."""
        for left in reversed(range(TRIES)):
            try:
                return self._again_if_gone(lambda: self._transaction(work))
            except COLLISIONS:
                if not left:
                    raise
        raise AssertionError("the last try either returns or raises")

    def _transaction(self, work):
        """One connection is kept for all: to borrow one costs as much as a commit."""
        if self._parent and self._registry is not self._parent._registry:
            self._registry = self._parent._registry
            self._forget_cursor()
        try:
            if not self._cursor or self._cursor.closed:
                self._cursor = self._registry.cursor()
                _watch_over(self._cursor._cnx)
                self._cursor.execute("SET statement_timeout = %s", [LONGEST_MS])
                self._cursor.execute(DURABLE)
            result = work(api.Environment(self._cursor, SUPERUSER_ID, {}))
            self._cursor.commit()
        except BaseException:
            self._forget_cursor()
            raise
        return result

    def _forget_cursor(self):
        """What was open is undone; the next transaction begins on a fresh one."""
        cursor, self._cursor = self._cursor, None
        if cursor:
            with contextlib.suppress(*GONE):  # it is gone already
                cursor.close()

    def _follow_registry(self):
        registry = self._again_if_gone(self._registry.check_signaling)
        if registry is not self._registry:
            self._registry = registry
            self._forget_cursor()

    @staticmethod
    def _again_if_gone(function):
        """A connection may be stale after a restart of the database: try a new one."""
        for last in (False, True):
            try:
                return function()
            except COLLISIONS:
                raise
            except GONE as error:
                if last:
                    raise StoreDown(str(error).strip()) from None
                _logger.info("connecting to the database anew")
        raise AssertionError("the last try either returns or raises")


def _unsafe_settings(env):
    """What PostgreSQL was told to leave out, ``[(name, value)]``."""
    env.cr.execute(
        "SELECT name, setting FROM pg_settings"
        " WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off' ORDER BY 1"
    )
    return env.cr.fetchall()


def _watch_over(connection):
    """A database host that dies without a word is noticed in half a minute, and not
    when TCP gives up. (Odoo's pool takes no parameters of ours.)"""
    with socket.socket(fileno=os.dup(connection.fileno())) as line:
        if line.family not in (socket.AF_INET, socket.AF_INET6):
            return
        line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, key in (
            ("TCP_KEEPIDLE", "keepalives_idle"),
            ("TCP_KEEPINTVL", "keepalives_interval"),
            ("TCP_KEEPCNT", "keepalives_count"),
            ("TCP_USER_TIMEOUT", "tcp_user_timeout"),
        ):
            if hasattr(socket, name):
                line.setsockopt(
                    socket.IPPROTO_TCP, getattr(socket, name), KEEP_ALIVE[key]
                )


def _may_process(env):
    """An account of the gateway's own stores messages, and works none."""
    env.cr.execute("SELECT has_table_privilege('med_consumption', 'INSERT')")
    return env.cr.fetchone()[0]


def _line(channel, may_process):
    receiver = channel._receiver()
    late = receiver.late and not may_process
    return Line(
        receiver,
        channel.code,
        channel.host,
        channel.port,
        channel.plaintext,
        tuple(channel._networks()),
        channel._line_limits(),
        None if channel.plaintext else _tls_of(channel),
        hindrance=ANSWERS_LATE if late else "",
    )


def _tls_of(channel):
    """One channel whose key cannot be opened must not stop the others."""
    try:
        return channel._tls()
    except UserError as error:
        _logger.error("channel %s: %s", channel.code, error)
        return None

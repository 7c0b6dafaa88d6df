"""A view in a foreign database, read and never written: columns, and rows after a time.

SQLAlchemy writes the statements, so that names and values are quoted by each database's
own rules. It is installed only where a hospital polls views.
"""

import contextlib
import os
import tempfile
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ..gateway.client import tls_context

#: ``{kind: (name, SQLAlchemy's dialect and driver, usual port)}``.
KINDS = {
    "postgresql": ("PostgreSQL", "postgresql+psycopg2", 5432),
    "mariadb": ("MariaDB or MySQL", "mysql+pymysql", 3306),
    "oracle": ("Oracle (untested)", "oracle+oracledb", 1521),
    "mssql": ("SQL Server (untested)", "mssql+pymssql", 1433),
}
CONNECT_SECONDS = 10
#: A table that every database of Odoo has, and no other.
ODOOS_OWN = "ir_module_module"


class NoDriver(Exception):
    """What must be installed to reach this kind of database is not there."""


class NoEncryption(Exception):
    """The way to this kind of database cannot be encrypted from here; its name."""


class SourceError(Exception):
    """The foreign database refused; the text is its own first line."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a view is, and what a look at it may cost."""

    kind: str
    host: str
    port: int
    database: str
    user: str
    view: str  # with its schema, where it has one
    zone_name: str
    offset: str  # of the zone now: +08:00
    seconds: int
    encrypted: bool = True
    authority: str = ""  # PEM; empty for what the system trusts
    password: str = field(default="", repr=False)


class View:
    """A connection to look at one view. Use it as a context."""

    def __init__(self, source: Source):
        try:
            import sqlalchemy  # noqa: PLC0415  installed only where it is needed
        except ImportError:
            raise NoDriver("SQLAlchemy") from None
        self._sql = sqlalchemy
        self._source = source
        self._schema, _, self._name = source.view.rpartition(".")
        self._authority = contextlib.ExitStack()  # libpq reads it from a file
        try:
            self._engine = self._make_engine()
        except ImportError as error:
            raise NoDriver(error.name or "a database driver") from None

    def __enter__(self):
        with self._failures(), self._authority:
            self._connection = self._engine.connect()
        return self

    def __exit__(self, *_what):
        with contextlib.suppress(Exception):
            self._connection.rollback()
            self._connection.close()
        self._engine.dispose()

    def columns(self) -> list[str]:
        """The names of the view's columns, as the database writes them.

        A database of Odoo is no source: whoever sets up a channel would read in it what
        is not theirs.
        """
        with self._failures():
            inspector = self._sql.inspect(self._connection)
            if inspector.has_table(ODOOS_OWN):
                raise SourceError("this is a database of Odoo, and no view of theirs")
            found = inspector.get_columns(self._name, schema=self._schema or None)
        return [column["name"] for column in found]

    def rows(self, columns: dict, since: datetime, limit: int):
        """Rows not older than ``since``, in the order of time and number, by batches.

        ``columns`` is ``{our field: their column}``; with an ``entry`` among them that
        is the time which counts. A batch is a list of dicts of our fields. Each batch
        begins behind the last row of the one before, so rows that are added meanwhile
        shift nothing.
        """
        sql = self._sql
        table = sql.table(
            self._name,
            *(sql.column(name) for name in set(columns.values())),
            schema=self._schema or None,
        )
        moment = "entry" if "entry" in columns else "time"
        time, number = table.c[columns[moment]], table.c[columns["id"]]
        chosen = sql.select(
            *(table.c[name].label(f"f_{field}") for field, name in columns.items())
        )
        behind = time >= since
        while True:
            statement = chosen.where(behind).order_by(time, number).limit(limit)
            with self._failures():
                found = self._connection.execute(statement).mappings().all()
                self._connection.rollback()  # no transaction is held open between
            if not found:
                return
            yield [{field: row[f"f_{field}"] for field in columns} for row in found]
            if len(found) < limit:
                return
            last = found[-1]
            behind = sql.or_(
                time > last[f"f_{moment}"],
                sql.and_(time == last[f"f_{moment}"], number > last["f_id"]),
            )

    def _make_engine(self):
        source = self._source
        _name, driver, port = KINDS[source.kind]
        url = self._sql.URL.create(
            driver,
            username=source.user or None,
            password=source.password or None,
            host=source.host or None,
            port=source.port or port,
            database=source.database,
        )
        engine = self._sql.create_engine(
            url,
            poolclass=self._sql.pool.NullPool,
            connect_args=self._connect_args(),
            hide_parameters=True,
        )
        self._sql.event.listen(engine, "connect", self._prepare)
        return engine

    def _connect_args(self):
        seconds, encryption = self._source.seconds, self._encryption()
        if self._source.kind == "postgresql":
            settings = {
                "default_transaction_read_only": "on",
                "statement_timeout": seconds * 1000,
                "timezone": self._source.zone_name,
            }
            options = " ".join(f"-c {name}={value}" for name, value in settings.items())
            return {
                "connect_timeout": CONNECT_SECONDS,
                "options": options,
                # The channel's own password, and none that the server has for itself.
                "passfile": os.devnull,
                "password": self._source.password,
                **encryption,
            }
        if self._source.kind == "mariadb":
            timeout = {"connect_timeout": CONNECT_SECONDS, "read_timeout": seconds + 5}
            return {**timeout, **encryption}
        if self._source.kind == "mssql":
            return {"login_timeout": CONNECT_SECONDS, "timeout": seconds}
        return {}

    def _encryption(self):
        """Nobody between reads or answers: TLS, and the server is who it should be."""
        source = self._source
        if not source.encrypted:
            return {}
        if source.kind == "postgresql":
            # It is ignored on a socket of this machine.
            return {"sslmode": "verify-full", "sslrootcert": self._authority_file()}
        if source.kind == "mariadb":
            return {"ssl": tls_context(source.authority)}
        raise NoEncryption(KINDS[source.kind][0])

    def _authority_file(self):
        if not self._source.authority:
            return "system"
        folder = self._authority.enter_context(tempfile.TemporaryDirectory())
        file = Path(folder) / "authority.pem"
        file.write_text(self._source.authority)
        return str(file)

    def _prepare(self, connection, _record):
        """Read only and bounded in time, by each database's own words."""
        seconds, kind = self._source.seconds, self._source.kind
        if kind == "mariadb":
            with connection.cursor() as cursor:
                cursor.execute("SET SESSION TRANSACTION READ ONLY")
                cursor.execute("SET SESSION time_zone = %s", [self._source.offset])
                try:
                    cursor.execute("SET SESSION max_statement_time = %s", [seconds])
                except Exception:  # noqa: BLE001  MySQL has another name for it
                    cursor.execute(
                        "SET SESSION max_execution_time = %s", [seconds * 1000]
                    )
        elif kind == "oracle":
            connection.call_timeout = seconds * 1000
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")

    @contextlib.contextmanager
    def _failures(self):
        try:
            yield
        except self._sql.exc.NoSuchTableError:
            raise SourceError(f"there is no view {self._source.view}") from None
        except self._sql.exc.DBAPIError as error:
            lines = str(error.orig).strip().splitlines()
            raise SourceError(lines[0][:200] if lines else "it failed") from None
        except self._sql.exc.SQLAlchemyError as error:
            raise SourceError(type(error).__name__) from None

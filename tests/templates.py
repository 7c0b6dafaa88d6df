"""Template databases, and copies of them for tests.

A template is a database and the filestore that belongs to it. Each floor of the house
has one, which holds that floor and those under it and nothing else; it is made from a
copy of the template one floor below:

    core -> med_consumables -> med_alerts -> med_replenishment -> ... -> med_analytics
                                         `-> med_his_connector
    hospital: every addon and the demonstration data

The name of a template bears a hash of all that it was made from, so that a template
is made again when that changes and only then. No connection to a finished template is
allowed, which is also what lets PostgreSQL copy it.
"""

import ast
import contextlib
import fcntl
import hashlib
import os
import shutil
import time
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import groups
import psycopg2
from psycopg2 import sql

PROJECT = Path(os.environ["PROJECT"])
HOME = Path(os.environ["MED_HOME"])
ODOO = Path(os.environ["MED_ODOO"])
LOGS = HOME / "logs"

# Each floor and the one whose template it is installed on.
BELOW = {
    "core": None,
    "med_consumables": "core",
    "med_alerts": "med_consumables",
    "med_replenishment": "med_alerts",
    "med_purchase": "med_replenishment",
    "med_budget": "med_purchase",
    "med_analytics": "med_budget",
    "med_his_connector": "med_alerts",
    "hospital": None,
}
ADDONS = [floor for floor in BELOW if floor.startswith("med_")]

# What a change of does not change a freshly installed database.
NOT_INSTALLED = {"tests", "readme", "i18n"}
# What Python leaves behind when it has run once.
LEFT_BEHIND = "__pycache__"
BUILD_SECONDS = 1500
CONNECTIONS_END_SECONDS = 15

# Distinguishes the databases of several machines and working folders on one server.
OURS = "med_" + hashlib.sha1(f"{os.uname().nodename}:{HOME}".encode()).hexdigest()[:6]


class BuildError(Exception):
    """A template could not be made; ``log`` tells why."""

    def __init__(self, floor, log, reason):
        super().__init__(f"{floor} could not be made ({reason}), see {log}")
        self.log = log


@dataclass(frozen=True)
class Database:
    """A database and the folder that holds ``filestore/<name>`` and its sessions."""

    name: str
    data_dir: Path

    def __str__(self):
        return self.name

    @property
    def filestore(self):
        return self.data_dir / "filestore" / self.name

    def environment(self):
        """The variables that make `bin/odoo` work on this database's folder."""
        return os.environ | {"ODOO_DATA_DIR": str(self.data_dir)}

    def drop(self):
        """Remove the database, whoever is connected, and its folder."""
        with server() as execute:
            execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)
        shutil.rmtree(self.data_dir, ignore_errors=True)


@contextlib.contextmanager
def server():
    """A function that executes one statement; ``{}`` stand for identifiers."""
    connection = psycopg2.connect(dbname="postgres")
    connection.autocommit = True

    def execute(statement, *identifiers, values=None):
        names = map(sql.Identifier, identifiers)
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(*names), values)
            return cursor.fetchall() if cursor.description else None

    try:
        yield execute
    finally:
        connection.close()


def rows(database, query, values=None):
    """What one query answers, on a connection of its own."""
    with contextlib.closing(psycopg2.connect(dbname=str(database))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall() if cursor.description else []


@contextlib.contextmanager
def turn(what):
    """One at a time: one process and one thread."""
    with (HOME / f".turn-{what}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --- What a template was made from -------------------------------------------------


def _content(path):
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "-"


def _tree(folder, left_out=frozenset()):
    """The names and contents of a folder's files."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not {*left_out, LEFT_BEHIND}.intersection(inside.parts):
            yield f"{inside} {_content(path)}"


@cache
def _key(floor):
    """Sixteen digits that change with all that the floor's template is made from."""
    parts = [floor]
    if floor == "core":
        parts += [_content(ODOO / "odoo" / "release.py"), str(ODOO)]
        parts += [_content(PROJECT / "requirements.txt")]
        parts += [_content(PROJECT / "odoo.conf"), *_core_modules()]
    elif floor == "hospital":
        # Its days are counted back from today; the words are in both languages.
        parts += [_key("core"), str(date.today())]
        parts += _tree(PROJECT / "addons", NOT_INSTALLED - {"i18n"})
        parts += [_content(PROJECT / "bin" / "make-hospital")]
        parts += [_content(PROJECT / "bin" / "demo_hospital.py")]
        parts += _tree(PROJECT / "bin" / "demo")
    else:
        parts += [_key(BELOW[floor]), *_tree(PROJECT / "addons" / floor, NOT_INSTALLED)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:10]


def _core_modules():
    """What the lowest addon stands on: Odoo's own modules."""
    manifest = PROJECT / "addons" / "med_consumables" / "__manifest__.py"
    return ast.literal_eval(manifest.read_text())["depends"]


# --- Making -------------------------------------------------------------------------


def template(floor):
    """The floor's template, whether it exists already or not."""
    name = f"{OURS}_tpl_{floor}_{_key(floor)}"
    return Database(name, HOME / "templates" / name)


def is_ready(floor):
    found = template(floor)
    with server() as execute:
        exists = execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", values=[found.name]
        )
    return bool(exists) and (found.data_dir / ".complete").is_file()


def build(floor):
    """Make the floor's template unless it is there; those below must be."""
    with turn(floor):
        if is_ready(floor):
            return
        made = template(floor)
        made.drop()
        made.data_dir.mkdir(parents=True)
        log = LOGS / f"template-{floor}.log"
        LOGS.mkdir(exist_ok=True)
        if floor == "hospital":
            _run(floor, log, made, [PROJECT / "bin" / "make-hospital", made.name])
        else:
            if BELOW[floor]:
                _copy(template(BELOW[floor]), made)
            _install(floor, log, made)
        _close(made)
        (made.data_dir / ".complete").touch()
        _prune(floor)


def ensure(floor):
    """Make the floor's template and those below it, as far as they are missing."""
    if not is_ready(floor):
        if BELOW[floor]:
            ensure(BELOW[floor])
        build(floor)


def _install(floor, log, database):
    modules = _core_modules() if floor == "core" else [floor]
    command = [PROJECT / "bin" / "odoo", "-d", database.name]
    command += ["-i", ",".join(modules), "--stop-after-init", "--no-http"]
    command += ["--max-cron-threads=0", "--log-level=warn"]
    _run(floor, log, database, command)
    installed = rows(
        database,
        "SELECT name FROM ir_module_module"
        " WHERE name = ANY(%s) AND state = 'installed'",
        [modules],
    )
    missing = set(modules) - {name for (name,) in installed}
    if missing:  # Odoo only warns about a module that it cannot find or install
        raise BuildError(floor, log, f"not installed: {', '.join(sorted(missing))}")


def _run(floor, log, database, command):
    environment = database.environment()
    try:
        status = groups.run(command, log, environment, PROJECT, BUILD_SECONDS)
    except groups.TookTooLong as error:
        raise BuildError(floor, log, error) from error
    if status:
        raise BuildError(floor, log, f"exit status {status}")


def _close(database):
    """Forbid connections to a template once those who made it have left."""
    with server() as execute:
        execute("ALTER DATABASE {} ALLOW_CONNECTIONS false", database.name)
        deadline = time.monotonic() + CONNECTIONS_END_SECONDS
        while execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = %s", values=[database.name]
        ):
            if time.monotonic() > deadline:
                raise RuntimeError(f"somebody is still connected to {database}")
            time.sleep(0.1)


def _prune(floor):
    """Drop what earlier contents of this floor have left behind."""
    current = template(floor).name
    with server() as execute:
        found = execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s",
            values=[f"{OURS}\\_tpl\\_{floor}\\_%"],
        )
    with turn("copying"):
        for (name,) in found:
            if name != current:
                Database(name, HOME / "templates" / name).drop()


# --- Copying ------------------------------------------------------------------------


def _copy(source, target):
    with turn("copying"):
        with server() as execute:
            execute("CREATE DATABASE {} TEMPLATE {}", target.name, source.name)
        target.filestore.parent.mkdir(parents=True, exist_ok=True)
        if source.filestore.is_dir():
            shutil.copytree(source.filestore, target.filestore)


def copy_of(floor, purpose):
    """A database of one's own, to be dropped after use."""
    name = f"{OURS}_run_{purpose}_{os.getpid()}"
    target = Database(name, HOME / "tests" / name)
    target.drop()
    _copy(template(floor), target)
    return target


def drop_abandoned():
    """Drop the copies whose process is no more: killed, or told to keep them."""
    with server() as execute:
        found = execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s",
            values=[f"{OURS}\\_run\\_%"],
        )
    for (name,) in found:
        if _is_abandoned(name):
            Database(name, HOME / "tests" / name).drop()


def remove_abandoned_logs():
    """Remove what the servers and gateways of earlier runs have written."""
    for log in LOGS.glob(f"{OURS}_run_*-*.log"):
        if _is_abandoned(log.stem.rpartition("-")[0]):
            log.unlink()


def _is_abandoned(name):
    return not Path("/proc", name.rpartition("_")[2]).exists()

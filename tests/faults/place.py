"""A database server of its own, and the processes of an interface on it.

The server may be killed at any time, so it is not the one that other tests use. Only
processes that were started here are ever stopped.
"""

import base64
import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg2
import templates
from groups import DIES_WITH_PARENT
from processes import eventually, free_port
from templates import HOME, PROJECT

FLOOR = "med_his_connector"
DATABASE = "drill"
START_SECONDS = 180
#: What makes the clock of a process jump: Odoo's own clock, moved by a file's content.
JUMPING_CLOCK = '''
"""Imported by Python at its start: Odoo's clock is wrong by so many seconds."""
import importlib.abc
import importlib.util
import sys
from datetime import datetime, timedelta
from pathlib import Path

FILE = Path({file!r})


def now(*_args):
    seconds = float(FILE.read_text() or 0) if FILE.exists() else 0.0
    return (datetime.now() + timedelta(seconds=seconds)).replace(microsecond=0)


class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != "odoo.orm.fields_temporal":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            module.Datetime.now = staticmethod(now)

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, Finder())
'''
#: One channel, four wards with plenty of ten items, posting at once, and a switch that
#: makes the store behave as on a full disk.
PREPARE = """
env.company.med_posting = "at_once"
category = env["product.category"].create(
    {"name": "Items", "property_cost_method": "average"}
)
items = env["product.product"].create([
    {"name": f"Item {n}", "med_charge_code": f"I{n}", "is_storable": True,
     "med_consumable": True, "standard_price": 2, "categ_id": category.id}
    for n in range(10)
])
wards = env["med.department"].create(
    [{"name": f"Ward {n}", "code": f"W{n}"} for n in range(4)]
)
for ward in wards:
    for item in items:
        env["stock.quant"]._update_available_quantity(
            item, ward.stock_location_id, 1_000_000
        )
env["med.his.channel"].create({
    "name": "Drill", "code": "DRILL", "plaintext": True, "port": 20000,
    "max_connections": 200,
})
env.cr.execute('''
    CREATE TABLE drill_full (full_disk boolean);
    CREATE FUNCTION drill_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT 1 FROM drill_full) THEN
            RAISE EXCEPTION 'could not extend file: No space left on device'
                  USING ERRCODE = '53100';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER drill_refuse BEFORE INSERT ON med_his_message
       FOR EACH ROW EXECUTE FUNCTION drill_refuse();
''')
env.cr.commit()
"""


class Server:
    """PostgreSQL in a folder of its own; ``kill()`` is what a power cut does."""

    def __init__(self, home):
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        left_out = ("PGHOST", "PGUSER", "PGPORT", "MED_PG_DATA")
        self.environment = {
            name: value for name, value in os.environ.items() if name not in left_out
        }
        self.environment["MED_HOME"] = str(home)
        self._borrow_binaries()

    def _borrow_binaries(self):
        """The programs that the tests' own server has unpacked."""
        theirs, ours = HOME / "pg", self.home / "pg"
        if (theirs / ".lock").exists() and not ours.exists():
            ours.mkdir()
            shutil.copy(theirs / ".lock", ours / ".lock")
            for folder in theirs.glob("pixeltable*"):
                (ours / folder.name).symlink_to(folder)

    def start(self):
        """Start it; after a crash its orphans may need a moment to leave."""
        command = [PROJECT / "bin" / "postgres", "start"]

        def started():
            return not subprocess.call(
                command,
                env=self.environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

        printed = subprocess.check_output(
            [PROJECT / "bin" / "postgres", "env"], env=self.environment, text=True
        )
        self.host = printed.split("PGHOST='")[1].split("'")[0]
        eventually(started, START_SECONDS, 0.5, "the database server")
        self.rows("SELECT 1", database="postgres")

    def stop(self):
        subprocess.call([PROJECT / "bin" / "postgres", "stop"], env=self.environment)

    def kill(self):
        """Its sessions end by themselves as soon as they notice."""
        pid_file = self.home / "pg" / "data" / "postmaster.pid"
        pid = int(pid_file.read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        # As long as its number is taken, a start would take it for running.
        eventually(lambda: not _is_there(pid), 30, 0.05, "the end of the server")

    def rows(self, query, values=None, database=DATABASE):
        """What a query answers, as soon as the server can be asked."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with contextlib.closing(self._connect(database)) as connection:
                    connection.autocommit = True
                    with connection.cursor() as cursor:
                        cursor.execute(query, values)
                        return cursor.fetchall() if cursor.description else []
            except psycopg2.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def _connect(self, database):
        return psycopg2.connect(dbname=database, host=self.host, user="odoo")


def _is_there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Place:
    """The server with its database, a gateway and a worker."""

    def __init__(self, home=None):
        self.home = Path(home or HOME / "drill")
        self.server = Server(self.home)
        self.clock = self.home / "clock"
        self.environment = {
            **self.server.environment,
            "ODOO_DATA_DIR": str(self.home / "data"),
            "MED_KEY_FILE": str(self.home / "his.key"),
            "PYTHONPATH": str(self.home / "python"),
        }
        self.gateways, self.worker = {}, None

    def set_up(self):
        """A fresh database, a copy of the addon's template, and everything running."""
        self.clock.unlink(missing_ok=True)
        (self.home / "python").mkdir(exist_ok=True)
        hook = self.home / "python" / "sitecustomize.py"
        hook.write_text(JUMPING_CLOCK.format(file=str(self.clock)))
        self.server.start()
        self._copy_template()
        key = self.home / "his.key"
        key.write_bytes(base64.b64encode(os.urandom(32)))
        key.chmod(0o600)
        script = self.home / "prepare.py"
        script.write_text(PREPARE)
        prepared = self._odoo("prepare", "shell", "-d", DATABASE, script=script)
        if prepared.wait(START_SECONDS):
            raise AssertionError((self.home / "prepare.log").read_text()[-3000:])
        self.start_gateway("one")
        self.start_worker()

    def tear_down(self):
        for name in list(self.gateways):
            self.stop_gateway(name)
        if self.worker:
            self._end(self.worker, signal.SIGTERM)
        self.server.stop()

    def _copy_template(self):
        templates.ensure(FLOOR)
        self.server.rows(
            f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)", database="postgres"
        )
        self.server.rows(f"CREATE DATABASE {DATABASE}", database="postgres")
        source = templates.copy_of(FLOOR, "drill")
        try:
            dump = subprocess.Popen(
                ["pg_dump", "--no-owner", source.name], stdout=subprocess.PIPE
            )
            subprocess.run(
                ["psql", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.server.host]
                + ["-U", "odoo", "-d", DATABASE],
                stdin=dump.stdout,
                stdout=subprocess.DEVNULL,
                check=True,
            )
            if dump.wait():
                raise AssertionError("the template could not be read")
        finally:
            source.drop()

    # Processes

    def start_gateway(self, name):
        """Start (again) a gateway; its port stays the same."""
        port = self.gateways.get(name, (None, free_port()))[1]
        process = self._odoo(
            f"gateway-{name}",
            "med_gateway",
            "-d",
            DATABASE,
            "--channel=DRILL",
            f"--port={port}",
            "--log-level=warn",
        )
        self.gateways[name] = process, port
        log = self.home / f"gateway-{name}.log"
        eventually(
            lambda: "listening" in log.read_text(errors="replace"),
            START_SECONDS,
            0.1,
            "the gateway",
        )

    def kill_gateway(self, name="one"):
        self._end(self.gateways[name][0], signal.SIGKILL)

    def stop_gateway(self, name):
        self._end(self.gateways.pop(name)[0], signal.SIGTERM)

    def start_worker(self):
        """The server with its jobs, and no web."""
        self.worker = self._odoo(
            "worker",
            "-d",
            DATABASE,
            "--no-http",
            "--max-cron-threads=2",
            "--log-level=error",
        )

    def kill_worker(self):
        self._end(self.worker, signal.SIGKILL)

    def worker_is_alive(self):
        return self.worker.poll() is None

    def ports(self):
        return [port for _process, port in self.gateways.values()]

    def call_jobs(self):
        """A job that lost its database waits for its minute; here it is called.

        Odoo hears such calls in the database ``postgres``, whichever they are for.
        """
        self.server.rows(
            "UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC'"
            " WHERE cron_name IN ('Interfaces: process messages',"
            "                     'Consumables: post use to stock')"
        )
        self.server.rows(f"NOTIFY cron_trigger, '{DATABASE}'", database="postgres")

    def _odoo(self, name, *arguments, script=os.devnull):
        with (
            (self.home / f"{name}.log").open("w") as output,
            open(script, "rb") as read,
        ):
            return subprocess.Popen(
                [*DIES_WITH_PARENT, PROJECT / "bin" / "odoo", *arguments],
                stdin=read,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self.environment,
                cwd=PROJECT,
                start_new_session=True,
            )

    @staticmethod
    def _end(process, number):
        if process.poll() is None:
            os.killpg(process.pid, number)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

"""Start the demo hospital, play its day, and keep it running (see bin/run)."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg2

sys.path.insert(0, str(Path(__file__).parent))
import play_day
from day import summing_up
from day.person import Refused
from day.sender import Unacknowledged
from demo import database

BIN = Path(__file__).parent
HOME = Path(os.environ["MED_HOME"])
DATABASE = os.environ.get("MED_DB", "hospital")
HOST = "127.0.0.1"
HTTP_PORT = int(os.environ["MED_HTTP_PORT"])
MLLP_PORT = int(os.environ["MED_MLLP_PORT"])
URL = f"http://{HOST}:{HTTP_PORT}"
EXIT_AFTER_DAY = os.environ.get("MED_EXIT_AFTER_DAY", "") not in ("", "0")
START_SECONDS = 180
STOP_SECONDS = 20

#: Logins (the password is the same) and what each is for.
LOGINS = {
    "admin": "sets everything up (English)",
    "ward": "records use in the intensive care unit",
    "wardmanager": "answers for wards and theatres",
    "cath": "answers for catheter lab, dialysis and laboratory",
    "items": "owns the item master and the supply catalogue",
    "store": "receives, issues, asks for what must be bought",
    "planner": "decides on reorder levels",
    "buyer": "reviews requests, orders",
    "approver": "agrees to larger requests",
    "finance": "owns the budgets",
    "his": "looks after the interface and its exceptions",
    "privacy": "may resolve patients",
    "auditor": "reads everything, writes nothing",
}


class Failed(Exception):
    """The demonstration cannot go on; the text says why and what to do."""


def say(text):
    clock = time.strftime("%H:%M:%S")
    print(f"\033[2m[{clock}]\033[0m {text}", file=sys.stderr, flush=True)  # noqa: T201


# ---- before the start ----


def check_ports():
    for port, variable in ((HTTP_PORT, "MED_HTTP_PORT"), (MLLP_PORT, "MED_MLLP_PORT")):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                raise Failed(
                    f"Port {port} of {HOST} cannot be used: {error.strerror}.\n"
                    "Perhaps the demo hospital runs already. Stop it, or choose another"
                    f" port:\n    {variable}={port + 1000} make run"
                ) from error


def have_hospital():
    try:
        there = database.exists(DATABASE)
    except psycopg2.OperationalError as error:
        raise Failed(f"The database server cannot be reached: {error}") from error
    if not there:
        say(f"There is no database {DATABASE} yet; making it takes about three minutes")
        making = [BIN / "make-hospital", DATABASE]
        if subprocess.call(making, stdout=sys.stderr):
            raise Failed("The demo hospital could not be made; see above.")
    elif not (day := database.made_on(DATABASE)):
        raise Failed(
            f"The database {DATABASE} is not the demo hospital. Choose another name:\n"
            "    MED_DB=hospital_demo make run"
        )
    else:
        say(f"Using the database {DATABASE}, made on {day}")
    key = Path(os.environ.get("MED_KEY_FILE", HOME / "keys" / "his.key"))
    if not key.exists():
        raise Failed(
            f"The key file {key} is missing: messages cannot be sealed or read.\n"
            "Restore it, or drop the database and make the hospital anew:\n"
            f"    bin/odoo db drop {DATABASE}"
        )


def addons_checksum():
    """Of everything in the addons that a database remembers."""
    digest = hashlib.sha256()
    for file in sorted((BIN.parent / "addons").rglob("*")):
        if file.suffix in (".py", ".xml", ".csv", ".po") and "tests" not in file.parts:
            digest.update(str(file).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def bring_up_to_date():
    """Upgrade a database that was made with other versions of the addons."""
    noted = HOME / "made" / f"{DATABASE}.sha256"
    checksum = addons_checksum()
    if noted.exists() and noted.read_text() == checksum:
        return
    if noted.exists():
        say("The addons have changed since; upgrading the database (half a minute)")
        upgrade = [BIN / "odoo", "-d", DATABASE, "-u", "med_consumables"]
        options = ["--stop-after-init", "--no-http", "--max-cron-threads=0"]
        if subprocess.call([*upgrade, *options, "--log-level=warn"], stdout=sys.stderr):
            raise Failed(
                f"The database {DATABASE} cannot be upgraded, see above. Or anew:\n"
                f"    bin/odoo db drop {DATABASE}"
            )
    noted.parent.mkdir(exist_ok=True)
    noted.write_text(checksum)


# ---- processes ----


class Server:
    """One of our processes, with a log of its own."""

    def __init__(self, name, *command):
        self.name = name
        self.log = HOME / "log" / f"{name}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        # Its own session: Ctrl-C is for us, who then stop it in order.
        self.process = subprocess.Popen(
            [BIN / "odoo", *command],
            stdout=self.log.open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def check(self):
        if self.process.poll() is not None:
            tail = self.log.read_text(errors="replace").splitlines()[-15:]
            raise Failed(
                f"{self.name} stopped by itself; the end of {self.log}:\n"
                + "\n".join(tail)
            )

    def wait_until(self, ready):
        told = time.monotonic()
        deadline = told + START_SECONDS
        while not ready():
            self.check()
            if time.monotonic() > told + 3:
                told = time.monotonic()
                say(f"  {self.name} is starting")
            if told > deadline:
                raise Failed(
                    f"{self.name} does not answer after {START_SECONDS} s; "
                    f"see {self.log}"
                )
            time.sleep(0.2)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def http_answers():
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{URL}/web/login", timeout=60) as answer:
            return answer.status == 200
    except urllib.error.HTTPError as error:
        raise Failed(f"{URL}/web/login answers {error.code}.") from error
    except OSError:
        return False


def mllp_answers():
    try:
        with socket.create_connection((HOST, MLLP_PORT), timeout=2):
            return True
    except OSError:
        return False


def start(servers):
    say(f"Starting Odoo on {URL}")
    servers.append(Server("odoo", "-d", DATABASE, f"--http-port={HTTP_PORT}"))
    servers[-1].wait_until(http_answers)
    say(f"Starting the MLLP gateway on {HOST}:{MLLP_PORT}")
    gateway = (
        "med_gateway",
        "-d",
        DATABASE,
        "--channel",
        "DEMO",
        f"--port={MLLP_PORT}",
    )
    servers.append(Server("gateway", *gateway))
    servers[-1].wait_until(mllp_answers)


# ---- what happened ----


def print_table(summary):
    out = summing_up.lines(summary)
    out += ["", f"  {URL}   database {DATABASE}"]
    if (key := HOME / "keys" / "fhir-demo.key").exists():
        out += [f"  {URL}/fhir/R4   bearer key in {key}"]
    out += [""]
    out += [f"  {login:>14}  {what}" for login, what in LOGINS.items()]
    out += ["", "  The password of each is the login. Ctrl-C stops everything.", ""]
    print("\n".join(out), flush=True)  # noqa: T201


def play(servers):
    summary = play_day.play(URL, DATABASE, (HOST, MLLP_PORT), HOME / "played", say)
    for server in servers:
        server.check()
    missing = summing_up.shortcomings(summary)
    if EXIT_AFTER_DAY:
        print(json.dumps(summary, ensure_ascii=False), flush=True)  # noqa: T201
    else:
        print_table(summary)
    if missing:
        raise Failed("The day did not work out: " + ", ".join(missing) + ".")


def main():
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    servers = []
    try:
        check_ports()
        have_hospital()
        bring_up_to_date()
        start(servers)
        play(servers)
        while not EXIT_AFTER_DAY:
            time.sleep(1)
            for server in servers:
                server.check()
    except Failed as error:
        print(f"\n{error}", file=sys.stderr)  # noqa: T201
        return 1
    except (Refused, Unacknowledged, TimeoutError, OSError) as error:
        print(f"\nThe day was not played to its end: {error}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        say("Stopping")
        return 130 if EXIT_AFTER_DAY else 0
    finally:
        for server in reversed(servers):
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())

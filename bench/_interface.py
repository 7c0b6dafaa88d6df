"""A hospital with one channel, and the real processes of its interface."""

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from bench._day_of_use import DayOfUse

PROJECT = Path(os.environ["PROJECT"])
START_SECONDS = 120

#: Works what waits, as the job does, until the file appears.
WORKER = """
import time
from pathlib import Path
Message = env["med.his.message"]
print("ready", flush=True)
while not Path({stop!r}).exists():
    Message._cron_process()
    env.cr.commit()
    time.sleep(0.05)
"""


class Interface:
    """Departments and items with plenty on their shelves, and the channel BENCH."""

    def __init__(self, env, hospital=True):
        self.env = env
        self.folder = Path(tempfile.mkdtemp())
        key = self.folder / "his.key"
        key.write_text(base64.b64encode(os.urandom(32)).decode())
        key.chmod(0o600)
        os.environ["MED_KEY_FILE"] = str(key)
        self.day = DayOfUse(env, ["ours"]) if hospital else None
        if self.day:
            for number, product in enumerate(self.day.products):
                product.med_charge_code = f"I{number}"
            for number, department in enumerate(self.day.departments["ours"]):
                department.code = f"W{number}"
        self.channel = env["med.his.channel"].create(
            {
                "name": "Bench",
                "code": "BENCH",
                "plaintext": True,
                "port": 20_000,
                "max_connections": 500,
            }
        )
        env.cr.commit()

    def lines(self, count):
        """``[(item, department, quantity, time)]`` of a day of use, for ``charge``."""
        yesterday = time.strftime("%Y%m%d", time.localtime(time.time() - 86400))
        return [
            (
                f"I{product}",
                f"W{department}",
                quantity,
                yesterday + time.strftime("%H%M%S", time.gmtime(second)),
            )
            for _hour, second, department, product, quantity in self.day.events(count)
        ]

    @contextmanager
    def gateway(self):
        """The real gateway; yields its port."""
        command = ["med_gateway", "-d", self.env.cr.dbname, "--channel", "BENCH"]
        command += ["--port", "0", "--log-level", "warn"]
        process = self._start(command, stdout=subprocess.PIPE, text=True)
        try:
            for line in process.stdout:
                if line.startswith("MLLP gateway listening on"):
                    yield int(line.rpartition(":")[2])
                    break
            else:
                raise RuntimeError("the gateway did not start")
        finally:
            _end(process)

    @contextmanager
    def bare_listener(self):
        """The bare listener; yields its port."""
        self.env.cr.execute(
            "CREATE TABLE IF NOT EXISTS bench_bare"
            " (id serial PRIMARY KEY, content bytea,"
            "  received_at timestamp DEFAULT now())"
        )
        self.env.cr.commit()
        command = [sys.executable, "-m", "bench._bare_listener", self.env.cr.dbname]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, cwd=PROJECT
        )
        try:
            yield int(process.stdout.readline())
        finally:
            _end(process)

    @contextmanager
    def workers(self, count):
        """Processes that work what waits; yields them."""
        stop, script = self.folder / "stop", self.folder / "worker.py"
        stop.unlink(missing_ok=True)
        script.write_text(WORKER.format(stop=str(stop)))
        started = []
        for number in range(count):
            log = self.folder / f"worker{number}.log"
            command = ["shell", "-d", self.env.cr.dbname, "--no-http"]
            with script.open() as read, log.open("w") as output:
                started.append(
                    self._start(
                        [*command, "--log-level", "error"],
                        stdin=read,
                        stdout=output,
                        stderr=subprocess.STDOUT,
                    )
                )
            _wait_for(lambda log=log: "ready" in log.read_text(), log)
        try:
            yield started
        finally:
            stop.touch()
            for process in started:
                process.wait(60)

    def send(self, port, connections, count, prefix, lines=None):
        """Let senders of their own process send; what they measured."""
        return json.loads(self.sending(port, connections, count, prefix, lines)())

    def sending(self, port, connections, count, prefix, lines=None):
        """Start senders; a function that waits for them and returns what they print."""
        command = [sys.executable, "-m", "bench._senders", "127.0.0.1", str(port)]
        command += [str(connections), str(count), prefix]
        if lines:
            file = self.folder / f"{prefix}.json"
            file.write_text(json.dumps(lines))
            command.append(str(file))
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, cwd=PROJECT
        )

        def finish():
            printed = process.communicate()[0]
            if process.returncode:
                raise RuntimeError("the senders failed")
            return printed

        return finish

    def states(self):
        """``{state: count}`` as it stands in the database now."""
        self.env.cr.rollback()
        self.env.cr.execute("SELECT state, count(*) FROM med_his_message GROUP BY 1")
        return dict(self.env.cr.fetchall())

    def _start(self, command, **options):
        return subprocess.Popen(
            [PROJECT / "bin" / "odoo", *command], cwd=PROJECT, **options
        )


def memory_mb(process):
    """Resident memory now and at its peak, of a process and of what it became."""
    text = Path(f"/proc/{process.pid}/status").read_text()
    values = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return tuple(int(values[name].split()[0]) // 1024 for name in ("VmRSS", "VmHWM"))


def _wait_for(condition, log):
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(log.read_text()[-2000:])
        time.sleep(0.1)


def _end(process):
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

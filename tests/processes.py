"""Real processes of the suite, as a hospital runs them: the server and the gateway.

Each runs in a process group of its own, writes to a log file, is stopped by its pid,
and does not outlive the tests that started it.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import closing

import requests
from groups import DIES_WITH_PARENT
from templates import LOGS, PROJECT

START_SECONDS = 120
STOP_SECONDS = 20
TAIL_LINES = 60


def free_port():
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(condition, seconds=30.0, every=0.2, what="the condition"):
    """The first true value of ``condition()``; AssertionError after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come about within {seconds} s")
        time.sleep(every)
    return found


def chromium():
    """The system's Chromium, or None."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)


class Process:
    """``bin/odoo`` with these arguments, on the folder of this database.

    ``script`` is a file that the process reads as its standard input.
    """

    def __init__(self, name, database, *arguments, script=os.devnull):
        LOGS.mkdir(exist_ok=True)
        self.name = name
        self.database = database
        self.log = LOGS / f"{database}-{name}.log"
        with self.log.open("w") as output, open(script, "rb") as read:
            self.popen = subprocess.Popen(
                [*DIES_WITH_PARENT, PROJECT / "bin" / "odoo", *map(str, arguments)],
                stdin=read,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=database.environment(),
                cwd=PROJECT,
                start_new_session=True,
            )

    @property
    def pid(self):
        return self.popen.pid

    def is_running(self):
        return self.popen.poll() is None

    def wait_until(self, is_up):
        """Return when ``is_up()``; raise with the log's tail if that fails."""

        def up_or_dead():
            return not self.is_running() or is_up()

        try:
            eventually(up_or_dead, START_SECONDS, what=f"the start of {self.name}")
        except AssertionError as error:
            self.stop()
            raise AssertionError(f"{error}\n{self.tail()}") from None
        if not self.is_running():
            status = self.popen.returncode
            raise AssertionError(f"{self.name} ended ({status})\n{self.tail()}")

    def stop(self):
        self._signal(signal.SIGTERM)
        try:
            self.popen.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self):
        """What a power cut does."""
        self._signal(signal.SIGKILL)
        self.popen.wait()

    def _signal(self, number):
        if self.is_running():
            os.killpg(self.pid, number)

    def tail(self):
        lines = self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        return "\n".join([f"--- last lines of {self.log}", *lines])


class Worker(Process):
    """A process that runs a script in ``bin/odoo shell``, and what it has said."""

    def __init__(self, name, database, text):
        LOGS.mkdir(exist_ok=True)
        script = LOGS / f"{database}-{name}.py"
        script.write_text(text)
        options = ["-d", database, "--no-http", "--log-level=error"]
        super().__init__(name, database, "shell", *options, script=script)

    def has_said(self, word):
        return word in self.log.read_text(errors="replace").splitlines()

    def wait_until_said(self, word):
        self.wait_until(lambda: self.has_said(word))

    def finish(self, seconds=START_SECONDS):
        """Wait for its end; AssertionError with its last words if that went wrong."""
        if self.popen.wait(seconds):
            raise AssertionError(f"{self.name} failed\n{self.tail()}")


class OdooServer(Process):
    """The web server with its cron threads; ``url`` has no slash at the end."""

    def __init__(self, database, *options, port=None):
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__(
            "server",
            database,
            "-d",
            database,
            f"--http-port={self.port}",
            f"--db-filter=^{database}$",
            "--log-handler=werkzeug:WARNING",
            *options,
        )
        self.wait_until(self._answers)

    def _answers(self):
        try:
            return requests.get(f"{self.url}/web/health", timeout=5).ok
        except requests.RequestException:
            return False  # not there yet, or still loading


class Gateway(Process):
    """The MLLP gateway of the demonstration's channel, on a port of its own."""

    def __init__(self, database, *options, channel="DEMO"):
        self.host = "127.0.0.1"
        self.port = free_port()
        super().__init__(
            "gateway",
            database,
            "med_gateway",
            "-d",
            database,
            "--channel",
            channel,
            "--port",
            self.port,
            *options,
        )
        self.wait_until(self._listens)

    def _listens(self):
        try:
            self.connect(timeout=1).close()
        except OSError:
            return False
        return True

    def connect(self, timeout=30):
        return socket.create_connection((self.host, self.port), timeout)

    def send(self, *messages):
        """Send each message (bytes) in one connection; the answers, unframed."""
        with (
            closing(self.connect()) as connection,
            connection.makefile("rb") as answers,
        ):
            return [_exchange(connection, answers, message) for message in messages]


def _exchange(connection, answers, message):
    connection.sendall(b"\x0b" + message + b"\x1c\r")
    answer = b""
    while not answer.endswith(b"\x1c\r"):
        byte = answers.read(1)
        if not byte:
            raise AssertionError(f"the gateway hung up after {answer!r}")
        answer += byte
    return answer[1:-2]

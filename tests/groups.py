"""Commands that are run to their end, or ended with all that they have started."""

import os
import signal
import subprocess

# A command does not outlive the process that waits for it.
DIES_WITH_PARENT = ["setpriv", "--pdeathsig", "TERM"]

_running = set()


class TookTooLong(Exception):
    def __init__(self, command, seconds):
        super().__init__(f"killed after {seconds} s: {' '.join(map(str, command))}")


def run(command, log, environment, folder, seconds):
    """The exit status of a command that writes to ``log`` (a path)."""
    with log.open("w") as output:
        process = subprocess.Popen(
            [*DIES_WITH_PARENT, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
    _running.add(process)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise TookTooLong(command, seconds) from None
    finally:
        _running.discard(process)
        end(process, signal.SIGKILL)


def end(process, number=signal.SIGTERM):
    """Signal a process and what it has left behind in its group."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
    if number == signal.SIGKILL:
        process.wait()


def end_all():
    for process in list(_running):
        end(process)

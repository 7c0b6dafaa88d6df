"""A second process for steps that can run beside the others, on another core."""

import subprocess
from pathlib import Path

BIN = Path(__file__).parents[1]


class Beside:
    """One function of ``demo_hospital`` at work in an ``odoo shell`` of its own."""

    def __init__(self, env, call):
        script = (
            f"import sys; sys.path.insert(0, {str(BIN)!r})\n"
            f"import demo_hospital\ndemo_hospital.{call}\n"
        )
        shell = [BIN / "odoo", "shell", "-d", env.cr.dbname, "--no-http"]
        self.process = subprocess.Popen(
            [*shell, "--log-level=error"], stdin=subprocess.PIPE, text=True
        )
        with self.process.stdin as stdin:
            stdin.write(script)

    def __enter__(self):
        return self

    def __exit__(self, failed, _error, _traceback):
        if failed:
            self.process.terminate()
        if self.process.wait() and not failed:
            raise RuntimeError("A step in a second process failed; see above.")

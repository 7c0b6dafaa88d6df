"""Runs the benches of bench/, each in a process and on a database of its own.

bench/<first part of the name>.py has a ``FLOOR`` (the addon whose template it is run
on) and one generator per bench, ``def posting(env, quick)``, which yields dicts with
``value``, ``unit``, and as fits ``peer`` with ``peer_value``, ``n``, ``peak_mb``.
Called by bin/bench, which says how to use it.
"""

import argparse
import importlib
import inspect
import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(os.environ["PROJECT"])
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]

import templates  # noqa: E402

DIGITS = 4


def say(text):
    print(time.strftime("\033[2m[%H:%M:%S]\033[0m"), text, file=sys.stderr, flush=True)


def benches():
    """``{name: (floor, generator function)}``"""
    found = {}
    for file in sorted((PROJECT / "bench").glob("[a-z]*.py")):
        module = importlib.import_module(f"bench.{file.stem}")
        for name, function in vars(module).items():
            if inspect.isgeneratorfunction(function) and not name.startswith("_"):
                found[f"{file.stem}.{name}"] = module.FLOOR, function
    return found


def chosen(only):
    found = benches()
    names = [name for name in found if not only or _is_meant(name, only)]
    if not names:
        sys.exit(f"There is no such bench. There are: {', '.join(found)}.")
    return {name: found[name] for name in names}


def _is_meant(name, only):
    return any(name == wish or name.startswith(f"{wish}.") for wish in only)


def run(name, floor):
    """Run one bench in a process of its own; True if it succeeded."""
    templates.LOGS.mkdir(parents=True, exist_ok=True)
    if not templates.is_ready(floor):
        say(f"Making the template of {floor}")
        templates.ensure(floor)
    say(f"Measuring {name}")
    database = templates.copy_of(floor, "bench")
    try:
        command = [sys.executable, __file__, "--database", database.name, name]
        return not subprocess.call(command, env=database.environment())
    finally:
        database.drop()


def measure(name, database):
    """Yield the figures of one bench, measured in this process."""
    import odoo
    from odoo.api import SUPERUSER_ID, Environment
    from odoo.modules.registry import Registry

    options = [f"--config={PROJECT / 'odoo.conf'}", f"--database={database}"]
    options += [f"--addons-path={PROJECT / 'addons'}", "--log-level=error"]
    odoo.tools.config.parse_config(options, setup_logging=True)
    _floor, function = benches()[name]
    with Registry(database).cursor() as cursor:
        env = Environment(cursor, SUPERUSER_ID, {"tracking_disable": True})
        for figures in function(env, quick=bool(os.environ.get("QUICK"))):
            yield {"bench": name, **figures}


def rounded(figures):
    if "peer_value" in figures:
        figures["ratio"] = figures["value"] / figures["peer_value"]
    return {
        key: float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
        for key, value in figures.items()
    }


def main():
    parser = argparse.ArgumentParser(prog="bin/bench")
    parser.add_argument("only", nargs="*", help="names or their first parts")
    parser.add_argument("--database", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.database:
        for figures in measure(arguments.only[0], arguments.database):
            print(json.dumps(rounded(figures), ensure_ascii=False), flush=True)
        return 0
    arguments.only += shlex.split(os.environ.get("ONLY", "").replace(",", " "))
    results = [run(name, floor) for name, (floor, _) in chosen(arguments.only).items()]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())

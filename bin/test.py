"""Runs the tests a few at a time, each process on a database of its own.

The work is a small graph: the template of a floor is made when the one below it is
there, the tests of a floor run when its template is there. Called by bin/test, which
says how to use it.
"""

import argparse
import os
import re
import shlex
import signal
import sys
import time
import xml.etree.ElementTree as ElementTree
from functools import partial
from pathlib import Path

PROJECT = Path(os.environ["PROJECT"])
sys.path.insert(0, str(PROJECT / "tests"))

import groups  # noqa: E402
import templates  # noqa: E402
from crew import Crew, Outcome, Task  # noqa: E402
from processes import chromium  # noqa: E402

# Much of a test is waiting, for a browser, a socket or a disk: one more than two cores.
AT_ONCE = 3
TASK_SECONDS = 1500
STOP_SECONDS = 20
NO_TESTS = 5  # pytest's exit status
SHOWN_LINES = 200
# Where a function asks for one of these, the file needs the demonstration hospital.
HOSPITAL_FIXTURE = re.compile(
    r"\bdef \w+\([^)]*\b(hospital_db|odoo_server|mllp_gateway|rpc|sql|page_as)\b"
)


def say(text):
    print(time.strftime("\033[2m[%H:%M:%S]\033[0m"), text, file=sys.stderr, flush=True)


# --- What is to be done --------------------------------------------------------------


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bin/test")
    parser.add_argument("only", nargs="*", help="addons or test files; none means all")
    parser.add_argument("-k", metavar="EXPRESSION", help="as pytest's")
    arguments = parser.parse_args()
    arguments.only += shlex.split(os.environ.get("ONLY", "").replace(",", " "))
    return arguments


def targets(only):
    """``{addon or test file: what pytest is given}``, in the order of the floors."""
    if not only:
        found = {addon: [f"addons/{addon}"] for addon in templates.ADDONS}
        files = sorted((PROJECT / "tests").glob("test_*.py"))
        return found | {f"tests/{file.name}": [f"tests/{file.name}"] for file in files}
    found = {}
    for name in only:
        path = name.removeprefix("addons/")
        addon = path.split("/")[0]
        file = name.split("::")[0]
        if addon in templates.ADDONS:
            found.setdefault(addon, []).append(f"addons/{path}")
        elif file.startswith("tests/") and (PROJECT / file).is_file():
            found.setdefault(file, []).append(name)
        else:
            sys.exit(f"There is no addon and no test file {name}.")
    return found


def plan(found, expression):
    """The tasks, those that others wait for first."""
    builds, tests = {}, []

    def template(floor):
        """The names of the tasks (one or none) that make a floor's template."""
        if floor is None or templates.is_ready(floor):
            return set()
        name = f"template {floor}"
        if name not in builds:
            needs = template(templates.BELOW[floor])
            builds[name] = Task(name, needs, partial(build, floor))
        return {name}

    for name, paths in found.items():
        if name in templates.ADDONS:
            run = partial(addon_tests, name, paths, expression)
            tests.append(Task(name, template(name), run))
        else:
            in_hospital = HOSPITAL_FIXTURE.search((PROJECT / name).read_text())
            needs = template("hospital") if in_hospital else set()
            run = partial(house_tests, name, paths, expression)
            tests.append(Task(name, needs, run))
    return [*builds.values(), *tests]


# --- Doing it ------------------------------------------------------------------------


def build(floor):
    say(f"Making the template of {floor}")
    try:
        templates.build(floor)
    except templates.BuildError as error:
        show(error.log)
        raise


def addon_tests(addon, paths, expression):
    """Run an addon's tests with pytest-odoo on a copy of its floor."""
    database = templates.copy_of(addon, addon)
    options = [
        f"--odoo-config={PROJECT / 'odoo.conf'}",
        f"--odoo-database={database}",
        f"--odoo-addons-path={PROJECT / 'addons'}",
        "--odoo-extra=max-cron-threads=0",
        "--odoo-log-level=error",
        "--odoo-http",
    ]
    try:
        return pytest(addon, [*options, *paths], expression, database.environment())
    finally:
        if not os.environ.get("KEEP"):
            database.drop()


def house_tests(name, paths, expression):
    """Run one file of tests/; its fixtures copy what they need."""
    options = ["-p", "no:odoo", *paths]
    return pytest(Path(name).stem, options, expression, os.environ)


def pytest(name, arguments, expression, environment):
    log = templates.LOGS / f"{name}.log"
    junit = templates.LOGS / f"{name}.xml"
    junit.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    # The same examples everywhere, and none that fails because the machine is slow.
    command += ["--hypothesis-profile=ci", f"--junitxml={junit}", *arguments]
    command += ["-k", expression] if expression else []
    try:
        status = groups.run(command, log, environment, PROJECT, TASK_SECONDS)
    except groups.TookTooLong as error:
        status = str(error)
    outcome = read_junit(junit)
    is_complete = junit.is_file() and status in (0, 1, NO_TESTS)
    if not is_complete or (status == 1 and not outcome.failed):
        outcome.failed.append(f"{name}: the process ended with status {status}")
    if outcome.failed:
        show(log)
    return outcome


def read_junit(junit):
    """Each test once: its set-up or tear-down may fail besides itself."""
    verdicts = {}
    if junit.is_file():  # it is written at the end: who dies leaves none
        for case in ElementTree.parse(junit).iter("testcase"):  # noqa: S314  ours
            key = f"{case.get('classname')}.{case.get('name')}"
            found = {child.tag for child in case}
            if {"failure", "error"} & found:
                verdict = "failed"
            else:
                verdict = "skipped" if "skipped" in found else "passed"
            if verdicts.get(key) != "failed":
                verdicts[key] = verdict
    outcome = Outcome()
    for key, verdict in verdicts.items():
        getattr(outcome, verdict).append(key)
    return outcome


def show(log):
    lines = log.read_text(errors="replace").splitlines()
    left_out = len(lines) - SHOWN_LINES
    print(f"\n=== {log}", file=sys.stderr)
    if left_out > 0:
        print(f"({left_out} lines left out)", file=sys.stderr)
    print("\n".join(lines[-SHOWN_LINES:]), file=sys.stderr, flush=True)


def main():
    arguments = parse_arguments()
    tasks = plan(targets(arguments.only), arguments.k)
    templates.LOGS.mkdir(parents=True, exist_ok=True)
    templates.drop_abandoned()
    templates.remove_abandoned_logs()
    crew = Crew(tasks, say)
    outcome = Outcome()
    if os.environ.get("CI") and not chromium():
        outcome.failed.append("CI must have Chromium: see bin/browser-needs")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.monotonic()
    try:
        outcome += crew.work(AT_ONCE)
    except KeyboardInterrupt:
        crew.stop()
        groups.end_all()
        crew.join(STOP_SECONDS)
        outcome += crew.outcome
        outcome.failed.append("stopped before the end")
    if not os.environ.get("KEEP"):
        templates.drop_abandoned()  # of processes that were killed
    for verdict in ("skipped", "failed"):
        for name in getattr(outcome, verdict):
            print(f"{verdict.upper()} {name}", file=sys.stderr)
    say(f"{time.monotonic() - started:.0f} s; logs in {templates.LOGS}")
    sys.stderr.flush()
    print(outcome, flush=True)
    return 0 if outcome.passed and not outcome.failed else 1


if __name__ == "__main__":
    sys.exit(main())

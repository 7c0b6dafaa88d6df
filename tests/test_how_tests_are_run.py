"""What `make test` promises: nothing that did not run or did not pass goes unseen."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import groups
import pytest
from processes import eventually

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT / "bin"))

from crew import Crew, Outcome, Task  # noqa: E402


@pytest.fixture(scope="module")
def runner():
    """bin/test.py; by its path, since Python itself has a module `test`."""
    spec = importlib.util.spec_from_file_location("runner", PROJECT / "bin" / "test.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def work(*tasks):
    return Crew(list(tasks), say=lambda text: None).work(at_once=2)


def passing(name):
    return lambda: Outcome(passed=[name])


def breaking():
    raise OSError("the disk is full")


def test_outcomes_of_tasks_add_up():
    outcome = work(Task("a", set(), passing("one")), Task("b", set(), passing("two")))
    assert str(outcome) == "2 passed, 0 failed, 0 skipped"


def test_a_task_waits_for_what_it_needs():
    order = []
    work(
        Task("tests", {"template"}, lambda: order.append("tests")),
        Task("template", set(), lambda: order.append("template")),
    )
    assert order == ["template", "tests"]


def test_a_task_that_raises_counts_as_failed():
    outcome = work(Task("template", set(), breaking))
    assert outcome.failed == ["template: OSError: the disk is full"]


def test_what_waits_for_a_failed_task_counts_as_failed_too():
    outcome = work(
        Task("template", set(), breaking),
        Task("upper template", {"template"}, passing("never")),
        Task("tests", {"upper template"}, passing("never")),
    )
    assert not outcome.passed
    assert len(outcome.failed) == 3


def test_an_error_of_the_tear_down_makes_its_test_a_failed_one(runner, tmp_path):
    junit = tmp_path / "junit.xml"
    junit.write_text(
        """<testsuites><testsuite>
        <testcase classname="A" name="good"/>
        <testcase classname="A" name="left"><skipped/></testcase>
        <testcase classname="A" name="torn"/>
        <testcase classname="A" name="torn"><error/></testcase>
        </testsuite></testsuites>"""
    )
    outcome = runner.read_junit(junit)
    assert str(outcome) == "1 passed, 1 failed, 1 skipped"


def test_a_process_that_dies_counts_as_failed(runner, tmp_path):
    dying = tmp_path / "test_dying.py"
    dying.write_text("import os\n\ndef test_it():\n    os._exit(0)\n")
    outcome = runner.pytest("dying", ["-p", "no:odoo", str(dying)], None, os.environ)
    assert len(outcome.failed) == 1


@pytest.mark.parametrize("only", ["nothing", "tests/test_nothing.py", "addons/nothing"])
def test_a_target_that_does_not_exist_is_refused(runner, only):
    with pytest.raises(SystemExit, match="no addon and no test file"):
        runner.targets([only])


def test_a_run_without_a_test_fails():
    answer = subprocess.run(
        [
            sys.executable,
            PROJECT / "bin" / "test.py",
            "tests/test_house.py",
            "-k",
            "no_test_has_this_name",
        ],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"ONLY": ""},
    )
    assert answer.stdout.splitlines()[-1] == "0 passed, 0 failed, 0 skipped"
    assert answer.returncode == 1


def test_a_command_that_takes_too_long_is_ended_with_what_it_started(tmp_path):
    log = tmp_path / "log"
    command = ["bash", "-c", "sleep 600 & echo $!; wait"]
    with pytest.raises(groups.TookTooLong):
        groups.run(command, log, os.environ, tmp_path, seconds=0.5)
    child = Path("/proc", log.read_text().strip())
    eventually(lambda: not child.exists(), what="the end of the child")

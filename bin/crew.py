"""Tasks that wait for each other, done a few at a time; their outcomes add up."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

SIGN_OF_LIFE_SECONDS = 30


@dataclass
class Outcome:
    """Names of tests by how they ended."""

    passed: list = field(default_factory=list)
    failed: list = field(default_factory=list)
    skipped: list = field(default_factory=list)

    def __add__(self, other):
        return Outcome(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
        )

    def __str__(self):
        counts = len(self.passed), len(self.failed), len(self.skipped)
        return "{} passed, {} failed, {} skipped".format(*counts)


@dataclass
class Task:
    """Something to do once all that it ``needs`` (names of tasks) are done.

    waiting -> running -> done | failed; waiting -> failed when a need has failed.
    A task that only prepares for others raises when it cannot; others return what
    came of their tests.
    """

    name: str
    needs: set
    run: Callable[[], Outcome | None]
    state: str = "waiting"


class Crew:
    """Workers that take the first task whose needs are done, until none is left."""

    def __init__(self, tasks, say):
        self.tasks = tasks
        self.say = say
        self.outcome = Outcome()
        self.changed = threading.Condition()
        self.stopping = False
        self.workers = []

    def work(self, at_once):
        """Return what came of all tasks."""
        for _number in range(at_once):
            self.workers.append(threading.Thread(target=self._worker, daemon=True))
            self.workers[-1].start()
        while any(worker.is_alive() for worker in self.workers):
            self.join(SIGN_OF_LIFE_SECONDS / at_once)
            if running := sorted(self._names("running")):
                self.say(f"at work: {', '.join(running)}")
        return self.outcome

    def stop(self):
        """Let nobody begin another task."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()

    def join(self, seconds):
        """Wait for the workers, at most so long for each."""
        for worker in self.workers:
            worker.join(seconds)

    def _worker(self):
        while task := self._take():
            started = time.monotonic()
            try:
                outcome, state = task.run(), "done"
                result = outcome or state
            except Exception as error:  # noqa: BLE001  whatever it is, it is counted
                text = f"{task.name}: {type(error).__name__}: {error}"
                outcome, state = Outcome(failed=[text]), "failed"
                result = state
            self.say(f"{task.name}: {result} ({time.monotonic() - started:.0f} s)")
            with self.changed:
                task.state = state
                self.outcome += outcome or Outcome()
                self.changed.notify_all()

    def _take(self):
        with self.changed:
            while not self.stopping:
                self._give_up()
                waiting = [task for task in self.tasks if task.state == "waiting"]
                if not waiting:
                    return None
                done = self._names("done")
                for task in waiting:
                    if task.needs <= done:
                        task.state = "running"
                        return task
                self.changed.wait()
            return None

    def _give_up(self):
        """Fail what waits for something that has failed, from the bottom up."""
        for task in self.tasks:
            missing = task.needs & self._names("failed")
            if task.state == "waiting" and missing:
                task.state = "failed"
                text = f"{task.name}: not run, for want of {min(missing)}"
                self.outcome += Outcome(failed=[text])

    def _names(self, state):
        return {task.name for task in self.tasks if task.state == state}

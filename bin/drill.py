"""Runs the trials of tests/faults and prints what came of each (see bin/drill)."""

import json
import os
import signal
import sys
import time
from itertools import cycle, islice
from pathlib import Path

PROJECT = Path(os.environ["PROJECT"])
sys.path[:0] = [str(PROJECT / "tests")]

from faults import fuzz  # noqa: E402
from faults.place import Place  # noqa: E402
from faults.trials import Drill, passed  # noqa: E402

TRIALS = int(os.environ.get("TRIALS", "100"))
FUZZ = int(os.environ.get("FUZZ", "100000"))
SEED = int(os.environ.get("SEED", "1"))
MINUTES = float(os.environ.get("MINUTES", "inf"))
TOTALS = ("accepted", "acknowledged", "posted", "lost", "doubled")


def say(text):
    print(time.strftime("\033[2m[%H:%M:%S]\033[0m"), text, file=sys.stderr, flush=True)


def show(figures):
    print(json.dumps(figures), flush=True)


def main():
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    place = Place()
    drill = Drill(place, seed=SEED)
    kinds = [os.environ["KIND"]] if os.environ.get("KIND") else list(drill.kinds())
    totals, bad = dict.fromkeys(TOTALS, 0), 0
    if FUZZ:
        say(f"Reading {FUZZ} mutations of the published messages")
        figures = fuzz.run(FUZZ, SEED)
        show(figures)
        bad += bool(figures["crashed"])
    try:
        say("Setting up a database server, a gateway and a worker")
        place.set_up()
        end = time.monotonic() + 60 * MINUTES
        for kind in islice(cycle(kinds), TRIALS):
            if time.monotonic() > end:
                say(f"The {MINUTES:g} minutes are over")
                break
            figures = drill.run(kind)
            show(figures)
            bad += not passed(figures)
            for name in TOTALS:
                totals[name] += figures[name]
    except KeyboardInterrupt:
        say("Stopped before the end")
        bad += 1
    finally:
        place.tear_down()
    show({"drill": "all", "trials": drill.number, "bad": bad, **totals})
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

"""What alerts cost: the check of everything in the night, and a posting with them."""

import os
import resource
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from unittest.mock import patch

from processes import OdooServer
from psycopg2 import OperationalError
from templates import Database, rows

from bench._day_of_use import DayOfUse
from bench._large_hospital import LargeHospital

FLOOR = "med_alerts"
LINES = 1_000
ROUNDS = 7
SAMPLE = 2_000
SEEN = """
    SELECT id FROM med_alert WHERE state = 'open'
    AND product_id = %s AND location_id = %s AND kind = 'reorder_point'
"""


def nightly(env, quick):
    """Seconds for all rules over all shelves: the first night, then a usual one.

    Every kind of rule that comes with the addon is switched on. The peer is Odoo's own
    look at reorder rules (stock and forecast of each), which knows neither expiry nor
    levels, measured on a sample and multiplied.
    """
    departments, items = (10, 2_000) if quick else (100, 20_000)
    hospital = LargeHospital(env, departments, items)
    rules = env["med.alert.rule"].with_context(active_test=False).search([])
    rules.active = True
    env.cr.commit()
    peer = _odoos_own_look(env) * hospital.shelves / SAMPLE
    for night in ("first", "usual"):
        before = env["med.alert"].search_count([])
        env.invalidate_all()
        seconds = _seconds(env, env["med.alert"]._cron_evaluate)
        yield {
            "value": seconds,
            "unit": "s",
            "night": night,
            "peer": "Odoo's own look at reorder rules",
            "peer_value": peer,
            "n": hospital.shelves,
            "rules": len(rules),
            "opened": env["med.alert"].search_count([]) - before,
            "open": env["med.alert"].search_count([("state", "!=", "resolved")]),
            "peak_mb": _peak_mb(),
        }
        hospital.a_day_passes()


def _odoos_own_look(env):
    points = env["stock.warehouse.orderpoint"].search([], limit=SAMPLE)
    env.invalidate_all()
    return _seconds(env, partial(points.mapped, "qty_forecast"))


def seen_after_commit(env, quick):
    """Seconds from the commit of a use until its alert can be seen by others (p50).

    A server of its own with one worker for jobs does the work, as in a hospital; this
    process takes goods from shelves, one at a time, and looks at the database until
    the alert is there. Every kind of rule is on.
    """
    departments, items, trials = (5, 1_000, 10) if quick else (100, 2_000, 60)
    hospital = LargeHospital(env, departments, items)
    env["med.alert.rule"].with_context(active_test=False).search([]).active = True
    env.cr.commit()
    env["med.alert"]._cron_evaluate()
    env["med.alert.touch"]._cron_evaluate_touched()
    env.cr.commit()
    database = Database(env.cr.dbname, Path(os.environ["ODOO_DATA_DIR"]))
    server = OdooServer(database, "--max-cron-threads=1", "--log-level=error")
    try:
        _seen_after(hospital, trials)  # behind the jobs of a server that starts
        seconds = sorted(_seen_after(hospital, number) for number in range(trials))
    finally:
        server.stop()
    yield {
        "value": median(seconds),
        "unit": "s",
        "p95": seconds[int(len(seconds) * 0.95) - 1],
        "worst": seconds[-1],
        "trials": trials,
        "n": hospital.shelves,
    }


def _seen_after(hospital, number):
    """Take nearly all from a full shelf; seconds until its alert is there."""
    env = hospital.env
    for _attempt in range(10):
        try:
            product, place = _take_from_a_shelf(hospital, number)
            env.cr.commit()
            break
        except OperationalError:  # a job of the server wrote the same lot
            env.cr.rollback()
            env.invalidate_all()
    start = time.perf_counter()
    while not rows(env.cr.dbname, SEEN, (product, place)):
        if time.perf_counter() - start > 60:
            raise AssertionError("the alert has not come within a minute")
        time.sleep(0.02)
    seconds = time.perf_counter() - start
    time.sleep(number % 10 / 5)  # people do not work in step with the server
    return seconds


def _take_from_a_shelf(hospital, number):
    """Use nearly all that lies on a full shelf; its product and place."""
    env = hospital.env
    quant = env["stock.quant"].search(
        [
            ("location_id", "in", hospital.departments.stock_location_id.ids),
            ("quantity", ">", 40),
        ],
        limit=1,
        offset=number * 7,
    )
    department = hospital.departments.filtered(
        lambda each: each.stock_location_id == quant.location_id
    )
    move = env["stock.move"].create(
        {
            "product_id": quant.product_id.id,
            "product_uom_qty": quant.quantity - 5,
            "location_id": quant.location_id.id,
            "location_dest_id": department.consumption_location_id.id,
        }
    )
    move._action_confirm()
    move._action_assign()
    move.picked = True
    move._action_done()
    return quant.product_id.id, quant.location_id.id


def posting_overhead(env, quick):
    """Seconds to post 1,000 lines with alerts, and without them (ratio).

    Batches in turn, in both orders; without means that nothing is put into the queue
    of the engine. How long the engine then takes for what was touched is beside it.
    """
    lines, rounds = (200, 3) if quick else (LINES, ROUNDS)
    day = DayOfUse(env, ["ours"])
    _reorder_rules(env, day)
    with_alerts, without, after = [], [], []
    for number in range(rounds * 2):
        events = day.events(lines)
        env["med.consumption"]._record(day.reports(events, "ours", f"his:{number}"))
        env.cr.commit()
        silent = number % 2 == (number // 2) % 2
        with _no_queue(env) if silent else _nothing():
            (without if silent else with_alerts).append(
                _seconds(env, partial(_post, env))
            )
        after.append(_seconds(env, env["med.alert.touch"]._cron_evaluate_touched))
        if silent:
            after.pop()
    yield {
        "value": median(with_alerts),
        "unit": "s",
        "peer": "the same without alerts",
        "peer_value": median(without),
        "n": lines,
        "evaluated_after": median(after),
        "peak_mb": _peak_mb(),
    }


def _reorder_rules(env, day):
    env["stock.warehouse.orderpoint"].create(
        [
            {
                "product_id": day.products[number].id,
                "location_id": department.stock_location_id.id,
                "product_min_qty": 20,
                "product_max_qty": 60,
                "trigger": "manual",
            }
            for department, (assortment, _weights) in zip(
                day.departments["ours"], day.assortments, strict=True
            )
            for number in assortment
        ]
    )
    env.cr.commit()
    env["med.alert.touch"]._cron_evaluate_touched()


def _post(env):
    while env["med.consumption"]._post_pending(limit=LINES):
        pass


@contextmanager
def _no_queue(env):
    with patch.object(type(env["med.alert.touch"]), "_touch", lambda self, pairs: None):
        yield


@contextmanager
def _nothing():
    yield


def _seconds(env, work):
    start = time.perf_counter()
    work()
    env.cr.commit()
    return time.perf_counter() - start


def _peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

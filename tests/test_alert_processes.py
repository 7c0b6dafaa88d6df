"""Alerts by real processes: two evaluators at once, one killed, a running server."""

from contextlib import closing

import psycopg2
import pytest
import templates
from processes import OdooServer, Worker, eventually

ITEMS = 60

#: A ward whose shelves are all empty, with a reorder rule for each item.
PREPARE = """
ward = env["med.department"].create({"code": "WARD", "name": "Ward"})
items = env["product.product"].create([
    {"name": f"Item {n}", "default_code": f"I{n}", "is_storable": True,
     "med_consumable": True}
    for n in range(%(items)s)
])
env["stock.warehouse.orderpoint"].create([
    {"product_id": item.id, "location_id": ward.stock_location_id.id,
     "product_min_qty": 5, "product_max_qty": 10, "trigger": "manual"}
    for item in items
])
env.cr.commit()
env["med.alert.touch"].search([]).unlink()
env.cr.commit()
"""

#: Evaluates everything as the nightly job does, once the other is there as well.
EVALUATE = """
import time
from pathlib import Path
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
%(trick)s
print("ready", flush=True)
while not Path(%(go)r).exists():
    time.sleep(0.01)
for _attempt in range(20):
    try:
        env["med.alert"]._evaluate()
        env.cr.commit()
        break
    except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
        env.cr.rollback()
        env.invalidate_all()
else:
    raise SystemExit("no attempt came through")
print("evaluated", flush=True)
"""

#: Stops for good when the alerts are made and nothing is committed.
STOP_IN_THE_MIDDLE = """
def stop(self, *args):
    env.flush_all()
    print("in the middle", flush=True)
    time.sleep(600)
env.registry["med.alert"]._see_what_is_ordered = stop
"""

#: Gives the other process time to open the same alerts.
LINGER = """
native = env.registry["med.alert"]._see_what_is_ordered
def linger(self, *args):
    env.flush_all()
    time.sleep(1)
    return native(self, *args)
env.registry["med.alert"]._see_what_is_ordered = linger
"""

#: Fills the shelf of the first item.
FILL = """
ward = env["med.department"].search([("code", "=", "WARD")])
item = env["product.product"].search([("default_code", "=", "I0")])
move = env["stock.move"].create({
    "product_id": item.id, "product_uom_qty": 50,
    "location_id": env.ref("stock.stock_location_suppliers").id,
    "location_dest_id": ward.stock_location_id.id,
})
move._action_confirm()
move.quantity = 50
move.picked = True
move._action_done()
env.cr.commit()
"""

#: A job that is due; it waits at a gate that the test opens.
QUEUE_UP = """
env["ir.cron"].search([]).nextcall = "2100-01-01 00:00:00"
env["ir.cron"].create({
    "name": "Long job", "model_id": env.ref("base.model_res_partner").id,
    "state": "code", "priority": 1, "nextcall": "2020-01-01 00:00:00",
    "interval_number": 1, "interval_type": "months",
    "code": "env.cr.execute('SELECT pg_advisory_xact_lock(1)')",
})
env.cr.commit()
"""


@pytest.fixture
def alerts_db():
    templates.ensure("med_alerts")
    database = templates.copy_of("med_alerts", "alerting")
    Worker("prepare", database, PREPARE % {"items": ITEMS}).finish()
    yield database
    database.drop()


@pytest.fixture
def evaluator(alerts_db, processes, tmp_path):
    """``evaluator(name, trick)`` -> a process that waits for ``evaluator.go()``"""
    go = tmp_path / "go"

    def start(name, trick=""):
        worker = Worker(name, alerts_db, EVALUATE % {"trick": trick, "go": str(go)})
        processes.append(worker)
        worker.wait_until_said("ready")
        return worker

    start.go = go.touch
    return start


def alerts(database):
    """``(open alerts, subjects of them, activities of them)``"""
    return templates.rows(
        database,
        """
        SELECT count(*), count(DISTINCT alert.subject_key), (
            SELECT count(*) FROM mail_activity WHERE res_model = 'med.alert'
        ) FROM med_alert alert WHERE alert.state != 'resolved'
        """,
    )[0]


def test_two_processes_open_one_alert_for_each_subject(alerts_db, evaluator):
    both = [evaluator("one", LINGER), evaluator("two", LINGER)]
    evaluator.go()
    for worker in both:
        worker.finish()
    found, subjects, _activities = alerts(alerts_db)
    assert (found, subjects) == (ITEMS, ITEMS)


def test_an_evaluator_that_is_killed_leaves_nothing_half_done(alerts_db, evaluator):
    first = evaluator("first", STOP_IN_THE_MIDDLE)
    evaluator.go()
    first.wait_until_said("in the middle")
    first.kill()
    assert alerts(alerts_db)[0] == 0
    second = evaluator("second")
    second.finish()
    assert alerts(alerts_db)[:2] == (ITEMS, ITEMS)


def test_a_server_sees_what_a_transfer_touched(alerts_db, evaluator, processes):
    worker = evaluator("night")
    evaluator.go()
    worker.finish()
    server = OdooServer(alerts_db, "--max-cron-threads=1")
    processes.append(server)
    Worker("fill", alerts_db, FILL).finish()
    eventually(
        lambda: alerts(alerts_db)[0] == ITEMS - 1,
        seconds=120,  # it takes a second or two; the hourly run would take longer
        what="the end of the alert",
    )


def test_what_moved_is_seen_though_the_only_worker_is_busy(
    alerts_db, evaluator, processes
):
    worker = evaluator("night")
    evaluator.go()
    worker.finish()
    Worker("queue", alerts_db, QUEUE_UP).finish()
    gate = psycopg2.connect(dbname=str(alerts_db))
    gate.autocommit = True
    with closing(gate), gate.cursor() as cr:
        cr.execute("SELECT pg_advisory_lock(1)")
        processes.append(OdooServer(alerts_db, "--max-cron-threads=1"))
        eventually(lambda: waits_at_the_gate(alerts_db), seconds=120)
        Worker("fill", alerts_db, FILL).finish()
        eventually(lambda: alerts(alerts_db)[0] == ITEMS - 1, seconds=120)
        assert waits_at_the_gate(alerts_db), "the worker is still at its long job"
        cr.execute("SELECT pg_advisory_unlock(1)")


def waits_at_the_gate(database):
    return templates.rows(
        database,
        "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        " AND objid = 1 AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())",
    )

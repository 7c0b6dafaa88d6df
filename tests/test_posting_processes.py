"""Posting by real processes: killed in the middle, and racing for the last piece."""

import random
import time

import pytest
import templates
from processes import Worker

SEED = 4
LINES = 240
STOCK = 1000.0
KILLS = 1

#: Two wards with the same items; a room whose shelf stands in the first ward.
PREPARE = """
from datetime import timedelta
from odoo import fields
plan = env["account.analytic.plan"].create({"name": "Cost centres"})
env.company.med_analytic_plan_id = plan
category = env["product.category"].create(
    {"name": "Items", "property_cost_method": "average"}
)
product = {"is_storable": True, "categ_id": category.id, "standard_price": 2.5}
items = env["product.product"].create([
    {"name": f"Item {n}", "default_code": f"I{n}", **product} for n in range(6)
])
def department(code, **values):
    account = env["account.analytic.account"].create(
        {"name": code, "plan_id": plan.id}
    )
    return env["med.department"].create(
        {"code": code, "name": code, "analytic_account_id": account.id, **values}
    )
ward, other = department("WARD"), department("OTHER")
corner = env["stock.location"].create(
    {"name": "Corner", "usage": "internal", "location_id": ward.stock_location_id.id}
)
room = department("ROOM", stock_location_id=corner.id)
for item in items[:4]:
    for shelf in (ward, other):
        env["stock.quant"]._update_available_quantity(
            item, shelf.stock_location_id, %(stock)s
        )
for item in items[4:]:
    env["stock.quant"]._update_available_quantity(item, corner, 1)
now = fields.Datetime.now() - timedelta(hours=2)
def report(key, department, item, quantity=1):
    return {
        "department_id": department.id, "product_id": item.id, "kind": "use",
        "quantity": quantity, "event_time": now, "source": "test",
        "external_key": key,
    }
env["med.consumption"]._record(
    [report(f"many {n}", ward, items[n %% 4], 1 + n %% 3) for n in range(%(lines)s)]
    + [
        report(f"apart {by.code} {n}", by, items[0])
        for n in range(4) for by in (ward, other)
    ]
    + [report("last of ward", ward, items[4]), report("last of room", room, items[4])]
    + [report("twice 1", ward, items[5]), report("twice 2", ward, items[5])]
)
env.cr.commit()
"""

#: Posts the lines of ``%(keys)s`` in batches, as the job does, until none is left.
POST = """
import time
from pathlib import Path
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
Ledger = env.registry["med.consumption"]
domain = [("external_key", "=like", %(keys)r)]
%(trick)s
print("ready", flush=True)
while not Path(%(go)r).exists():
    time.sleep(0.01)
while env["med.consumption"].search_count([*domain, ("state", "=", "recorded")]):
    try:
        if not env["med.consumption"]._post_pending(domain, limit=%(limit)s):
            time.sleep(0.05)  # another process posts this department
        env.cr.commit()
        print("posted", flush=True)
    except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
        env.cr.rollback()
    env.invalidate_all()
"""

#: Stops for good after stock was moved and before anything is committed.
STOP_IN_THE_MIDDLE = """
def stop(self, *args):
    env.flush_all()
    print("in the middle", flush=True)
    time.sleep(600)
Ledger._allocate = stop
"""

#: Gives the other process time to want the same stock.
LINGER = """
native = Ledger._make_transfers
def linger(self, *args):
    time.sleep(1)
    return native(self, *args)
Ledger._make_transfers = linger
"""


@pytest.fixture(scope="module")
def ledger_db():
    """A hospital that has nothing but the ground floor."""
    templates.ensure("med_consumables")
    database = templates.copy_of("med_consumables", "posting")
    Worker("prepare", database, PREPARE % {"lines": LINES, "stock": STOCK}).finish()
    yield database
    database.drop()


@pytest.fixture
def poster(ledger_db, processes, tmp_path):
    """``poster(name, keys, limit, trick)`` -> a process that waits for ``poster.go()``

    and is as far as that when it has said "ready".
    """
    go = tmp_path / "go"

    def start(name, keys, limit=50, trick=""):
        values = {"keys": keys, "limit": limit, "trick": trick, "go": str(go)}
        worker = Worker(name, ledger_db, POST % values)
        processes.append(worker)
        return worker

    start.go = go.touch
    return start


@pytest.fixture
def ledger(ledger_db):
    """``ledger(keys)`` -> ``[(key, state, incident, quantity, posted quantity)]``"""

    def lines(keys):
        return templates.rows(
            ledger_db,
            """
            SELECT line.external_key, line.state, line.incident_code, line.quantity,
                   coalesce(sum(part.quantity), 0)
              FROM med_consumption line
         LEFT JOIN med_consumption_allocation part ON part.consumption_id = line.id
             WHERE line.external_key LIKE %s
          GROUP BY line.id ORDER BY line.id
            """,
            [keys],
        )

    return lines


@pytest.fixture
def stock(ledger_db):
    """``stock()`` -> ``{(item, place's usage): on hand}``, and what moves say of it"""

    def figures():
        on_hand = templates.rows(
            ledger_db,
            """
            SELECT product.default_code, place.usage, sum(quant.quantity),
                   min(quant.quantity)
              FROM stock_quant quant
              JOIN product_product product ON product.id = quant.product_id
              JOIN stock_location place ON place.id = quant.location_id
             WHERE place.usage IN ('internal', 'production')
          GROUP BY 1, 2
            """,
        )
        moved = templates.rows(
            ledger_db,
            """
            SELECT product.default_code, sum(line.quantity)
              FROM stock_move_line line
              JOIN product_product product ON product.id = line.product_id
             WHERE line.state = 'done'
          GROUP BY 1
            """,
        )
        used = {
            item: total for item, usage, total, _ in on_hand if usage == "production"
        }
        assert used == dict(moved)
        assert all(least >= 0 for *_what, least in on_hand)
        return {(item, usage): total for item, usage, total, _least in on_hand}

    return figures


def start_together(poster, racers):
    for racer in racers:
        racer.wait_until_said("ready")
    poster.go()


def test_lines_of_a_killed_process_are_posted_exactly_once(poster, ledger, stock):
    poster.go()
    before = stock()
    killed = poster("killed", "many %", 30, STOP_IN_THE_MIDDLE)
    killed.wait_until_said("in the middle")
    killed.kill()
    assert {state for _key, state, *_rest in ledger("many %")} == {"recorded"}
    assert stock() == before

    chance = random.Random(SEED)
    for number in range(KILLS):
        worker = poster(f"killed{number}", "many %", 30)
        worker.wait_until_said("ready")
        time.sleep(chance.uniform(0.05, 0.6))
        worker.kill()
        stock()

    poster("restarted", "many %").finish()
    lines = ledger("many %")
    assert len(lines) == LINES
    for key, state, _incident, quantity, posted in lines:
        assert (state, posted) == ("posted", quantity), key
    total = sum(quantity for *_what, quantity, _posted in lines)
    after = stock()
    gone = sum(before[spot] - after[spot] for spot in before if spot[1] == "internal")
    assert gone == total


def test_one_of_two_gets_the_last_piece(poster, ledger, stock):
    racers = [poster(n, f"last of {n}", trick=LINGER) for n in ("ward", "room")]
    start_together(poster, racers)
    for racer in racers:
        racer.finish()
    told = sorted((state, incident) for _key, state, incident, *_ in ledger("last %"))
    assert told == [("incident", "no_stock"), ("posted", None)]
    assert stock()["I4", "internal"] == 0


def test_two_processes_on_one_department_post_each_line_once(poster, ledger, stock):
    racers = [poster(f"racer{n}", "twice %", 1, LINGER) for n in range(2)]
    start_together(poster, racers)
    for racer in racers:
        racer.finish()
    told = sorted((state, incident) for _key, state, incident, *_ in ledger("twice %"))
    assert told == [("incident", "no_stock"), ("posted", None)]
    assert stock()["I5", "internal"] == 0


def test_a_department_that_is_stuck_holds_up_no_other(poster, ledger):
    poster.go()
    stuck = poster("stuck", "apart WARD %", trick=STOP_IN_THE_MIDDLE)
    stuck.wait_until_said("in the middle")
    poster("free", "apart OTHER %").finish()  # the same items
    assert {state for _key, state, *_rest in ledger("apart OTHER %")} == {"posted"}
    assert stuck.is_running()
    stuck.kill()
    poster("again", "apart WARD %").finish()
    assert {state for _key, state, *_rest in ledger("apart WARD %")} == {"posted"}

"""A use that is scanned and charged at the same moment, by processes of their own.

Each process keeps its transaction open until the other one has written as well.
"""

import pytest
import templates
from processes import Worker

PREPARE = """
plan = env["account.analytic.plan"].create({"name": "Cost centres"})
env.company.med_analytic_plan_id = plan
account = env["account.analytic.account"].create({"name": "ICU", "plan_id": plan.id})
ward = env["med.department"].create(
    {"code": "ICU", "name": "ICU", "analytic_account_id": account.id}
)
for code in ("A", "B"):
    item = env["product.product"].create({
        "name": code, "default_code": code, "is_storable": True, "med_consumable": True,
    })
    env["stock.quant"]._update_available_quantity(item, ward.stock_location_id, 100)
env["med.stock.source"].create({"source": "scan"})
env.cr.commit()
"""

#: Records one report when the file ``%(go)s`` is there, and lingers before it commits.
RECORD = """
import time
from datetime import timedelta
from pathlib import Path
from odoo import fields
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
ward = env["med.department"].search([("code", "=", "ICU")])
item = env["product.product"].search([("default_code", "=", %(item)r)])
report = {
    "department_id": ward.id, "product_id": item.id, "kind": "use",
    "quantity": %(quantity)s, "source": %(source)r, "external_key": %(key)r,
    "encounter_token": "ab" * 32,
    "event_time": fields.Datetime.now().replace(microsecond=0) - timedelta(hours=1),
}
env.cr.commit()
print("ready", flush=True)
while not Path(%(go)r).exists():
    time.sleep(0.01)
for attempt in range(5):
    try:
        env["med.consumption"]._record([report])
        env.flush_all()
        time.sleep(1)
        env.cr.commit()
        break
    except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
        print("again", flush=True)
        env.cr.rollback()
        env.invalidate_all()
else:
    raise SystemExit("was never recorded")
"""

POST = """
env["med.consumption"]._post_pending()
env.cr.commit()
"""


@pytest.fixture(scope="module")
def ward_db():
    templates.ensure("med_consumables")
    database = templates.copy_of("med_consumables", "twins")
    Worker("prepare", database, PREPARE).finish()
    yield database
    database.drop()


@pytest.fixture
def report(ward_db, processes, tmp_path):
    """``report((item, source, quantity), ...)``: all at the same moment."""

    def together(*reports):
        go = tmp_path / f"go-{reports[0][1]}-{len(reports)}"
        workers = []
        for number, (item, source, quantity) in enumerate(reports):
            key = f"{item}-{source}-{quantity}-{number}"
            values = {"item": item, "source": source, "quantity": quantity}
            script = RECORD % {**values, "key": key, "go": str(go)}
            workers.append(Worker(f"record-{number}", ward_db, script))
        processes.extend(workers)
        for worker in workers:
            worker.wait_until_said("ready")
        go.touch()
        for worker in workers:
            worker.finish()

    return together


def groups(database, item):
    """``[(charged, scanned, difference, state)]`` and what left the shelf."""
    Worker("post", database, POST).finish()
    found = templates.rows(
        database,
        """
        SELECT charged_quantity, scanned_quantity, difference, match.state
          FROM med_consumption_match match
          JOIN product_product product ON product.id = match.product_id
         WHERE product.default_code = %s AND match.state != 'cancelled'
        """,
        [item],
    )
    [(moved,)] = templates.rows(
        database,
        """
        SELECT coalesce(sum(part.quantity), 0)
          FROM med_consumption_allocation part
          JOIN med_consumption line ON line.id = part.consumption_id
          JOIN product_product product ON product.id = line.product_id
         WHERE product.default_code = %s
        """,
        [item],
    )
    return found, moved


def test_two_scans_that_join_one_charge_at_once_are_both_counted(report, ward_db):
    report(("A", "his:T", 3))
    report(("A", "scan", 1), ("A", "scan", 2))
    assert groups(ward_db, "A") == ([(3, 3, 0, "matched")], 3)


def test_a_charge_and_a_scan_that_did_not_see_each_other_are_one_use(report, ward_db):
    report(("B", "his:T", 2), ("B", "scan", 2))
    assert groups(ward_db, "B") == ([(2, 2, 0, "matched")], 2)

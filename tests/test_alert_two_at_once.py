"""Two people act on the same alert at the same moment, on two servers of one house."""

import threading

import pytest
import templates
from processes import OdooServer, Worker
from rpc import Client, RpcError

SECONDS = 180

#: A ward with an empty shelf, a store with much, and two who may act on the alert.
PREPARE = """
ward_users = env.ref("med_consumables.group_ward_manager")
keepers = env.ref("med_consumables.group_storekeeper")
people = env["res.users"].with_context(no_reset_password=True).create([
    {"name": name, "login": name, "password": name, "group_ids": [(6, 0, group.ids)]}
    for name, group in (("nurse", ward_users), ("keeper", keepers))
])
env.cr.commit()
env.invalidate_all()
warehouse = env["stock.warehouse"].search([], limit=1)
store = env["med.department"].search([("kind", "=", "store")], limit=1)
store = store or env["med.department"].create({
    "code": "STORE", "name": "Store", "kind": "store",
    "stock_location_id": warehouse.lot_stock_id.id,
})
ward = env["med.department"].create({
    "code": "WARD", "name": "Ward", "manager_id": people[0].id,
    "user_ids": [(6, 0, people.ids)],
})
items = env["product.product"].create([
    {"name": f"Item {n}", "is_storable": True, "med_consumable": True}
    for n in range(2)
])
for item in items:
    env["stock.quant"]._update_available_quantity(item, store.stock_location_id, 500)
env["stock.warehouse.orderpoint"].create([
    {"product_id": item.id, "location_id": ward.stock_location_id.id,
     "product_min_qty": 5, "product_max_qty": 10, "trigger": "manual"}
    for item in items
])
env["med.alert"]._evaluate()
env.cr.commit()
"""

#: Whoever asks the store takes a second over it, so that the other one comes meanwhile.
LINGER = """
CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_sleep(1); RETURN NEW; END $$;
CREATE TRIGGER linger BEFORE INSERT ON med_requisition
FOR EACH ROW EXECUTE FUNCTION linger();
"""


@pytest.fixture(scope="module")
def alerts_db():
    templates.ensure("med_alerts")
    database = templates.copy_of("med_alerts", "two_at_once")
    Worker("prepare", database, PREPARE).finish(SECONDS)
    templates.rows(database, LINGER)
    yield database
    database.drop()


@pytest.fixture(scope="module")
def people(alerts_db, processes):
    """The nurse and the storekeeper, each at a server of their own."""
    found = []
    for login in ("nurse", "keeper"):
        server = OdooServer(alerts_db, "--max-cron-threads=0")
        processes.append(server)
        found.append(Client(server.url, alerts_db, login, login))
    return found


def alert_of(database, item):
    """The alert about ``item`` that speaks for its shelf."""
    return templates.rows(
        database,
        """
        SELECT alert.id FROM med_alert alert
        JOIN product_product product ON product.id = alert.product_id
        JOIN product_template template ON template.id = product.product_tmpl_id
        WHERE template.name->>'en_US' = %s AND alert.state = 'open'
        AND alert.head_id IS NULL
        """,
        [item],
    )[0][0]


def requests_for(database, item):
    return templates.rows(
        database,
        """
        SELECT line.asked_qty::float FROM med_requisition_line line
        JOIN product_product product ON product.id = line.product_id
        JOIN product_template template ON template.id = product.product_tmpl_id
        WHERE template.name->>'en_US' = %s
        """,
        [item],
    )


def at_once(*calls):
    """What became of calls made at the same moment: ``(answers, refusals)``."""
    start = threading.Barrier(len(calls))
    answers, refusals = [], []

    def run(call):
        start.wait()
        try:
            answers.append(call())
        except RpcError as error:
            refusals.append(str(error))

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    return answers, refusals


def test_both_press_do_it_and_the_store_is_asked_once(alerts_db, people):
    alert = alert_of(alerts_db, "Item 0")
    answers, refusals = at_once(
        *(
            lambda person=person: person("med.alert", "action_next_step", [alert])
            for person in people
        )
    )
    assert requests_for(alerts_db, "Item 0") == [(10.0,)]
    assert len(answers) == 1
    assert len(refusals) == 1
    assert "is in work already" in refusals[0]


def test_both_confirm_the_dialog_and_the_store_is_asked_once(alerts_db, people):
    alert = alert_of(alerts_db, "Item 1")
    dialogs = [
        person("med.alert", "action_open_step", [alert])["res_id"] for person in people
    ]
    answers, refusals = at_once(
        *(
            lambda person=person, dialog=dialog: person(
                "med.alert.step", "action_do", [dialog]
            )
            for person, dialog in zip(people, dialogs, strict=True)
        )
    )
    assert requests_for(alerts_db, "Item 1") == [(10.0,)]
    assert len(answers) == 1
    assert len(refusals) == 1
    assert "Somebody has done a step" in refusals[0]

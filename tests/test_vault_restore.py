"""A recall reaches the patient in a database restored from its backup.

A real dump, brought back under another name, with the key file that lies elsewhere: by
the key of then, after a rotation, and not without a key; and still when the message
that reported the use was purged long ago.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import templates
from processes import Process, Worker

HOME = Path(os.environ["MED_HOME"])
SECONDS = 300

#: A charge from HIS told of a stent of a visit; two years ago a pump of class III.
PREPARE = """
from datetime import timedelta
from odoo import fields
from odoo.addons.med_consumables.core.visit import Visit
from odoo.addons.med_his_connector.core.inbox import Arrival
plan = env["account.analytic.plan"].create({"name": "Cost centres"})
env.company.med_analytic_plan_id = plan
env.company.med_vault_days = 365
account = env["account.analytic.account"].create({"name": "ICU", "plan_id": plan.id})
ward = env["med.department"].create(
    {"code": "ICU", "name": "ICU", "analytic_account_id": account.id}
)
when = fields.Datetime.now() - timedelta(days=800)
def item_with_stock(name, key, **values):
    item = env["product.product"].create({
        "name": name, "is_storable": True, "tracking": "lot", "med_consumable": True,
        **values,
    })
    lot = env["stock.lot"].create({"name": f"LOT-{key}", "product_id": item.id})
    env["stock.quant"]._update_available_quantity(
        item, ward.stock_location_id, 5, lot_id=lot
    )
    return item
item_with_stock("Stent", "stent", med_implant=True, med_charge_code="STENT")
pump = item_with_stock("Pump", "pump", med_management_class="3")
line = env["med.consumption"]._record([{
    "department_id": ward.id, "product_id": pump.id, "kind": "use", "quantity": 1,
    "event_time": when, "source": "his:T", "external_key": "pump",
    "lot_name": "LOT-pump",
}])
env["med.vault"]._keep({line: Visit("VISIT-pump", "RECORD-pump")})
channel = env["med.his.channel"].create({"name": "T", "code": "T", "port": 20999})
env["med.his.mapping"].create({
    "channel_id": channel.id, "family": "dft", "piece": "lot", "places": "ZPA-5",
})
charge = chr(13).join((
    "MSH|^~\\\\&|HIS|H|ODOO|S|20260105101500||DFT^P03|C1|P|2.5",
    "PID|1||RECORD-stent^^^H^MR||TESTNAME^GIVEN||19700101|F",
    "PV1||I|ICU^1^2" + "|" * 16 + "VISIT-stent",
    f"FT1||T1||{when:%Y%m%d%H%M%S}||CG|STENT|||1",
    "ZPA|1||||LOT-stent",
    "",
))
env["med.his.message"]._accept(
    [Arrival(channel._receiver(), "127.0.0.1", charge.encode())]
)
message = env["med.his.message"].search([])
message._process()
assert message.state == "processed", message.error_text
env["med.consumption"]._post_pending()
env.cr.commit()
"""

#: What an officer learns of a recall of the stent's lot.
ASK = """
from odoo.exceptions import UserError
recall = env["med.recall"].create({"subject": "Stents", "lot_names": "LOT-stent"})
recall.action_start()
officer = env["res.users"].create({
    "name": "Officer", "login": "officer",
    "group_ids": [(4, env.ref("med_consumables.group_privacy_officer").id)],
})
asked = env["med.vault.access"].with_user(officer).create(
    {"reason": "Recall", "recall_id": recall.id}
)
try:
    content = str(asked.content)
    known = "VISIT-stent" in content and "RECORD-stent" in content
    print("known" if known else content)
except UserError as refusal:
    print("refused" if "missing key" in str(refusal) else refusal)
env.cr.rollback()
"""

#: Both jobs that forget, years later.
PURGE = """
messages = env["med.his.message"]
env.cr.execute("UPDATE med_his_message SET received_at = now() - interval '9 years'")
messages._cron_purge()
messages.invalidate_model()
print("contents", len([each for each in messages.search([]) if each._content()]))
env["med.vault"]._cron_purge()
left = env["med.vault"].search([]).consumption_id
print("kept", *sorted(left.product_id.mapped("name")))
print("logged", env["med.audit.entry"].search_count([("action", "=", "purge")]))
"""


def program(name):
    """PostgreSQL's own, from the path or from the embedded server."""
    found = shutil.which(name) or next(HOME.glob(f"pg/*/*/bin/{name}"), None)
    assert found, f"there is no {name} to make a backup with"
    return str(found)


@pytest.fixture(scope="module")
def key_file(tmp_path_factory):
    """The key file, outside of database and filestore."""
    path = tmp_path_factory.mktemp("keys") / "med.key"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MED_KEY_FILE", str(path))
        yield path


@pytest.fixture(scope="module")
def hospital(key_file):
    templates.ensure("med_his_connector")
    database = templates.copy_of("med_his_connector", "vault")
    made = Process("make-key", database, "med_vault", "--make-key")
    assert made.popen.wait(SECONDS) == 0, made.tail()
    Worker("prepare", database, PREPARE).finish()
    yield database
    database.drop()


@pytest.fixture(scope="module")
def restored(hospital, tmp_path_factory):
    """The hospital's dump under another name, and its filestore."""
    dump = tmp_path_factory.mktemp("backup") / "hospital.dump"
    subprocess.run(
        [program("pg_dump"), "-Fc", "-f", dump, hospital.name],
        check=True,
        timeout=SECONDS,
    )
    assert b"VISIT-stent" not in dump.read_bytes()
    name = f"{hospital.name}_restored"
    database = templates.Database(name, hospital.data_dir.parent / name)
    database.drop()
    with templates.server() as execute:
        execute("CREATE DATABASE {}", name)
    subprocess.run(
        [program("pg_restore"), "--no-owner", "-d", name, dump],
        check=True,
        timeout=SECONDS,
    )
    database.filestore.parent.mkdir(parents=True, exist_ok=True)
    if hospital.filestore.is_dir():
        shutil.copytree(hospital.filestore, database.filestore)
    yield database
    database.drop()


def answer(database, text, name="ask"):
    worker = Worker(name, database, text)
    worker.finish()
    return worker.log.read_text(errors="replace").splitlines()


def test_a_recall_names_the_visit_in_the_restored_database(restored):
    assert "known" in answer(restored, ASK)


def test_a_restored_database_without_its_key_says_so(restored, key_file):
    kept = key_file.read_text()
    other = Process("other-key", restored, "med_vault", "--make-key")
    assert other.popen.wait(SECONDS) == 1, "a key file that exists was written over"
    key_file.unlink()
    try:
        made = Process("new-key", restored, "med_vault", "--make-key")
        assert made.popen.wait(SECONDS) == 0, made.tail()
        assert "refused" in answer(restored, ASK, "ask-without")
    finally:
        key_file.write_text(kept)
        key_file.chmod(0o600)


def test_after_the_keys_were_rotated_the_new_key_alone_opens_it(restored, key_file):
    old = key_file.read_text()
    key_file.unlink()
    Process("next-key", restored, "med_vault", "--make-key").popen.wait(SECONDS)
    newest = key_file.read_text()
    key_file.write_text(newest + old)
    rotated = Process("rotate", restored, "med_vault", "-d", restored, "--rotate")
    assert rotated.popen.wait(SECONDS) == 0, rotated.tail()
    key_file.write_text(newest)
    try:
        assert "known" in answer(restored, ASK, "ask-rotated")
    finally:
        key_file.write_text(newest + old)


def test_what_is_past_its_time_is_purged_and_implants_are_not(restored):
    said = answer(restored, PURGE, "purge")
    assert "contents 0" in said, "a message was not purged"
    assert "kept Stent" in said
    assert "logged 1" in said
    assert "known" in answer(restored, ASK, "ask-purged")

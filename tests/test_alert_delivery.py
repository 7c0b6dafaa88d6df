"""The outbox of alerts by real processes: killed while sending, and two at once."""

import base64
import os
import random
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import templates
from processes import Worker, eventually

SEED = 6
#: DELIVERIES=10000 for the full size; two senders deliver some forty a second.
DELIVERIES = int(os.environ.get("DELIVERIES", "600"))
SECONDS = 120 + DELIVERIES // 10
KILLS = 2

PREPARE = """
from odoo import fields
channel = env["med.alert.channel"].create({
    "name": "Board", "kind": "webhook", "url": %(url)r, "secret": "shared",
})
rule = env.ref("med_alerts.alert_rule_reorder_point")
level = rule.level_ids[:1]
level.channel_ids = channel
product = env["product.product"].create({"name": "Gloves", "is_storable": True})
alerts = env["med.alert"].with_context(mail_create_nolog=True).create([
    {
        "rule_id": rule.id, "subject_key": f"subject {n}", "level_id": level.id,
        "severity": level.severity, "company_id": env.company.id,
        "product_id": product.id, "inputs": {},
    }
    for n in range(%(count)s)
])
env["med.alert.delivery"]._queue(alerts)
env.cr.commit()
"""

#: What the job does, again and again until nothing waits.
DELIVER = """
Outbox = env["med.alert.delivery"]
print("ready", flush=True)
while Outbox.search_count([("state", "=", "waiting")]):
    Outbox._cron_deliver()
    env.cr.commit()
    env.invalidate_all()
"""


class Board:
    """A receiver that counts what it gets by the id of the delivery."""

    def __init__(self):
        board = self
        self.got = Counter()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                board.got[self.headers["X-Med-Delivery"]] += 1
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args):
                """What counts is what was received."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def board():
    board = Board()
    yield board
    board.stop()


@pytest.fixture(scope="module")
def key_file(tmp_path_factory):
    """Seals the channel's secret."""
    path = tmp_path_factory.mktemp("keys") / "med.key"
    path.write_bytes(base64.b64encode(os.urandom(32)))
    path.chmod(0o600)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MED_KEY_FILE", str(path))
        yield path


@pytest.fixture(scope="module")
def alerts_db(board, key_file):
    templates.ensure("med_alerts")
    database = templates.copy_of("med_alerts", "delivery")
    values = {"url": board.url, "count": DELIVERIES}
    Worker("prepare", database, PREPARE % values).finish(SECONDS)
    yield database
    database.drop()


@pytest.mark.timeout(2 * SECONDS)
def test_every_alert_is_delivered_though_senders_are_killed(
    alerts_db, board, processes
):
    chance = random.Random(SEED)
    for number in range(KILLS):
        sent = board.got.total()
        worker = Worker(f"killed{number}", alerts_db, DELIVER)
        processes.append(worker)
        eventually(lambda sent=sent: board.got.total() > sent + 20, seconds=120)
        time.sleep(chance.random() / 4)
        worker.kill()
    workers = [Worker(f"last{number}", alerts_db, DELIVER) for number in range(2)]
    processes.extend(workers)
    for worker in workers:
        worker.finish(SECONDS)
    rows = templates.rows(alerts_db, "SELECT uuid, state FROM med_alert_delivery")
    assert {state for _uuid, state in rows} == {"sent"}
    assert set(board.got) == {uuid for uuid, _state in rows}
    assert len(board.got) == DELIVERIES
    # Only the one message that was on its way when its sender died may come again.
    assert board.got.total() - DELIVERIES <= KILLS

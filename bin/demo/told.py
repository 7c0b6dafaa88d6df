"""What the hospital's systems tell each other beside messages over the wire: items and
levels that were sent, files that were taken, and the totals of a day.

The receiver is real and lives as long as the sending takes: it acknowledges all items
but one. Nothing is sent to it afterwards.
"""

import json
import os
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from . import catalogue, interface

CHANNEL = "DEMO-OUT"
FILES = "DEMO-FILES"
ITEMS_TOLD = 6
REFUSED = 3  # the number of the item that the receiver does not take
FILE_AGE_SECONDS = 60
HEADER = "收费单号,耗材编码,数量,科室编码,收费时间"


class Receiver(ThreadingHTTPServer):
    """A FHIR server that takes transactions."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.count = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.count += 1
        if self.server.count == REFUSED:
            issue = {"severity": "error", "code": "not-found"}
            issue["expression"] = ["Bundle.entry[0].resource.identifier"]
            self._answer(422, {"resourceType": "OperationOutcome", "issue": [issue]})
            return
        done = [{"response": {"status": "200 OK"}} for _each in asked["entry"]]
        self._answer(
            200,
            {"resourceType": "Bundle", "type": "transaction-response", "entry": done},
        )

    def _answer(self, status, told):
        content = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_words):
        pass


def set_up(env, company, items, today, time_zone):
    _tell_items(env, company, items, time_zone)
    _take_files(env, today)
    _count(env, company, today)


def _tell_items(env, company, items, time_zone):
    receiver = Receiver()
    channel = env["med.his.channel"].create(
        {
            "name": "HIS items and levels, FHIR (demonstration)",
            "code": CHANNEL,
            "company_id": company.id,
            "transport": "out_fhir",
            "out_url": f"http://127.0.0.1:{receiver.server_port}/fhir/R4",
            "out_tls": False,
            "tz": time_zone,
            "sends_stock": True,
        }
    )
    interface.name(channel, "物资目录与库存外发（演示）")
    Outbound = env["med.his.outbound"]
    Outbound.create(
        [
            {
                "channel_id": channel.id,
                "kind": "item",
                "product_id": items[code].id,
                "order_key": f"item/{items[code].id}",
            }
            for code in [*catalogue.MAPPED_CHARGES, *catalogue.items()][:ITEMS_TOLD]
        ]
    )
    try:
        Outbound._send_all(channel, lambda: 1)
    finally:
        receiver.stop()
    channel.sends_stock = False  # nobody listens any more


def _take_files(env, today):
    """One file with three lines of yesterday, the same again, and one without items."""
    channel = env["med.his.channel"].search([("code", "=", FILES)])
    channel._look_into_folder(lambda: None)  # makes the folder
    day = today - timedelta(days=1)
    wards = catalogue.departments()
    codes = [catalogue.items()[code].his_code[0] for code in catalogue.MAPPED_CHARGES]
    lines = [
        f"F{day:%Y%m%d}-{number},{code},1,{wards[ward].his_code},"
        f"{day:%Y/%m/%d} 1{number}:30"
        for number, (code, ward) in enumerate(
            zip(codes[1:4], ("ICU", "ER", "ICU"), strict=True), start=1
        )
    ]
    name = f"charges-{day:%Y%m%d}"
    for file, header in (
        (f"{name}.csv", HEADER),
        (f"{name}-again.csv", HEADER),
        (f"{name}-old-form.csv", HEADER.replace("耗材编码,", "")),
    ):
        _put(channel, file, "\n".join((header, *lines, "")))
    channel._look_into_folder(lambda: None)
    env["med.his.message"].search([("channel_id", "=", channel.id)])._process()


def _put(channel, name, text):
    path = channel._folder() / "in" / name
    path.write_text(text, "utf-8")
    then = time.time() - FILE_AGE_SECONDS
    os.utime(path, (then, then))


def _count(env, company, today):
    """What two senders say of the day: the one agrees, the other sent more."""
    channels = env["med.his.channel"].search([("company_id", "=", company.id)])
    by_code = {channel.code: channel for channel in channels}
    Message = env["med.his.message"]
    received = {
        code: Message.search_count([("channel_id", "=", by_code[code].id)])
        for code in (FILES, "DEMO-CAB")
    }
    env["med.his.control.total"].create(
        [
            {
                "channel_id": by_code[FILES].id,
                "day": today,
                "messages": received[FILES],
            },
            {
                "channel_id": by_code[FILES].id,
                "day": today - timedelta(days=1),
                "lines": 3,
                "quantity": 3,
            },
            {
                "channel_id": by_code["DEMO-CAB"].id,
                "day": today,
                "messages": received["DEMO-CAB"] + 2,
                "note": "智能柜 18:00 自报数",
            },
        ]
    )

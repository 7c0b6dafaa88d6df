"""Play the recorded day in a running demo hospital, as its people would.

    bin/play_day.py --url http://127.0.0.1:8069 --database hospital --mllp-port 2575

The HIS sends its messages over the socket; then the storekeeper, the buyer and the
approver do what the alerts ask for, each over HTTP with their own login and rights.
``play(...)`` returns what happened; it can be played twice, the second time changes
nothing.
"""

import argparse
import io
import json
import sys
import time
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parent))
from demo import catalogue, sender, wire
from demo.person import Person, Refused

TIME_ZONE = ZoneInfo("Asia/Shanghai")
CHANNEL = "DEMO"
PATIENCE_SECONDS = 600
#: Where the alert engine, the posting and the interface leave work to be done.
QUEUES = {
    "messages to be processed": ("med.his.message", [("state", "=", "received")]),
    "use to be posted": ("med.consumption", [("state", "=", "recorded")]),
    "alerts to be looked at": ("med.alert.touch", []),
}
MOVE_FIELDS = [
    "picking_id",
    "product_id",
    "product_uom",
    "product_uom_qty",
    "location_id",
    "location_dest_id",
]
OPEN = [("state", "in", ("open", "acknowledged"))]


class Day:
    """One playing of the day; ``summary`` grows as it goes on."""

    def __init__(self, url, database, mllp, say):
        self.url, self.database, self.mllp, self.say = url, database, mllp, say
        self.people = {}
        self.summary = {}
        self.started = time.monotonic()

    def person(self, login):
        if login not in self.people:
            self.people[login] = Person(self.url, self.database, login)
        return self.people[login]

    @property
    def auditor(self):
        """Looks at queues and counts; whatever is done, others do."""
        return self.person("auditor")

    # ---- the messages ----------------------------------------------------------------

    def send(self, messages):
        before = self._counts()
        self.alerts_before = self.auditor.count("med.alert", [])
        begun = time.monotonic()
        self.say(f"The HIS sends {len(messages)} messages over MLLP")
        answers = sender.send(messages, *self.mllp, self._sent(len(messages)))
        self.summary |= {
            "messages": len(messages),
            "acknowledged": answers["AA"],
            "rejected": sum(answers.values()) - answers["AA"],
            "send_seconds": round(time.monotonic() - begun, 1),
        }
        self.wait()
        after = self._counts()
        self.summary |= {name: after[name] - before[name] for name in after}
        self.summary["first_day"] = not before["received"]
        self.summary["duplicates"] = len(messages) - self.summary["received"]

    def _sent(self, number):
        """Tells every few seconds how many messages are through."""
        told = time.monotonic()

        def say(done):
            nonlocal told
            if time.monotonic() > told + 3:
                told = time.monotonic()
                self.say(f"  {done} of {number} acknowledged")

        return say

    def _counts(self):
        count = self.auditor.count
        ours = [("channel_id.code", "=", CHANNEL)]
        by_his = [("source", "=", f"his:{CHANNEL}")]
        return {
            "received": count("med.his.message", ours),
            "processed": count("med.his.message", [*ours, ("state", "=", "processed")]),
            "exceptions": count(
                "med.his.message",
                [*ours, ("state", "in", ("exception", "quarantined"))],
            ),
            "lines": count("med.consumption", by_his),
            "posted": count("med.consumption", [*by_his, ("state", "=", "posted")]),
            "incidents": count(
                "med.consumption", [*by_his, ("state", "=", "incident")]
            ),
            "moves": count(
                "stock.move",
                [("med_department_id", "!=", False), ("state", "=", "done")],
            ),
        }

    def wait(self):
        """Until the jobs in the background have nothing left to do."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        told, said = time.monotonic(), ""
        while True:
            left = {
                what: number
                for what, (model, domain) in QUEUES.items()
                if (number := self.auditor.count(model, domain))
            }
            if not left:
                return
            waiting = ", ".join(f"{number} {what}" for what, number in left.items())
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"Still waiting after {PATIENCE_SECONDS} s: {waiting}"
                )
            if time.monotonic() > told + (3 if waiting != said else 30):
                self.say(f"  {waiting}")
                told, said = time.monotonic(), waiting
            time.sleep(0.3)

    # ---- the people ------------------------------------------------------------------

    def issue_from_store(self):
        """The storekeeper fills shelves whose reorder rule is served by the store."""
        store = self.person("store")
        alerts = self._open_alerts(store)
        by_shelf = {}
        for alert in alerts:
            if alert["action"] == "pull":
                by_shelf.setdefault(alert["location_id"], []).append(alert)
        done = sum(self._issue(store, shelf, rows) for shelf, rows in by_shelf.items())
        self.wait()
        self.summary["issues"] = done

    def _open_alerts(self, person):
        """Alerts nobody works on, with what their reorder rule would do."""
        alerts = person.search(
            "med.alert",
            [*OPEN, ("orderpoint_id", "!=", False), ("kind", "=", "reorder_point")],
            ["product_id", "location_id", "orderpoint_id", "measured"],
        )
        rules = {
            row["id"]: row
            for row in person.search(
                "stock.warehouse.orderpoint",
                [("id", "in", [alert["orderpoint_id"] for alert in alerts])],
                ["product_max_qty", "rule_ids"],
            )
        }
        actions = {
            row["id"]: row
            for row in person.search(
                "stock.rule",
                [
                    (
                        "id",
                        "in",
                        [i for rule in rules.values() for i in rule["rule_ids"]],
                    )
                ],
                ["action", "location_dest_id", "location_src_id", "picking_type_id"],
            )
        }
        for alert in alerts:
            rule = rules[alert["orderpoint_id"]]
            first = next(
                actions[i]
                for i in rule["rule_ids"]
                if actions[i]["location_dest_id"] == alert["location_id"]
            )
            alert |= {
                "action": first["action"],
                "from": first["location_src_id"],
                "type": first["picking_type_id"],
                "missing": rule["product_max_qty"] - alert["measured"],
            }
        return alerts

    def _issue(self, store, shelf, alerts):
        """One transfer to one shelf, made, reserved and validated; 1 when done."""
        places = {"location_id": alerts[0]["from"], "location_dest_id": shelf}
        picking = store.call(
            "stock.picking",
            "create",
            {
                "picking_type_id": alerts[0]["type"],
                **places,
                "move_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": alert["product_id"],
                            "product_uom_qty": alert["missing"],
                            **places,
                        },
                    )
                    for alert in alerts
                ],
            },
        )
        store.call("stock.picking", "action_confirm", [picking])
        store.call("stock.picking", "action_assign", [picking])
        return self._validate(store, picking)

    def _validate(self, store, picking):
        """Press Validate; a question about a backorder is answered with no."""
        answer = store.call("stock.picking", "button_validate", [picking])
        if isinstance(answer, dict) and answer.get("res_model"):
            context = answer.get("context") or {}
            wizard = store.call(answer["res_model"], "create", {}, context=context)
            button = {
                "stock.backorder.confirmation": "process_cancel_backorder",
                "expiry.picking.confirmation": "process",
            }[answer["res_model"]]
            store.call(answer["res_model"], button, [wizard], context=context)
        [row] = store.search("stock.picking", [("id", "=", picking)], ["state"])
        return int(row["state"] == "done")

    def request(self):
        """The storekeeper asks for what must be bought, and submits it."""
        store = self.person("store")
        to_buy = [a["id"] for a in self._open_alerts(store) if a["action"] == "buy"]
        self.summary["alerts_to_buy"] = len(to_buy)
        if to_buy:
            store.call("med.alert", "action_request_purchase", to_buy)
        # Also what an earlier, broken day left unfinished.
        asked = store.search(
            "purchase.request",
            [
                ("state", "in", ("draft", "to_approve", "approved")),
                ("requested_by", "=", store.uid),
            ],
            ["state"],
        )
        for row in asked:
            if row["state"] == "draft":
                store.call("purchase.request", "button_to_approve", [row["id"]])
        self.requests = [row["id"] for row in asked]
        self.summary["requests"] = len(asked)

    def approve(self):
        """The buyer reviews every request, the approver those of larger amounts."""
        for login in ("buyer", "approver"):
            person = self.person(login)
            waiting = person.search(
                "purchase.request",
                [("id", "in", self.requests), ("state", "=", "to_approve")],
                ["can_review"],
            )
            for row in waiting:
                if row["can_review"]:
                    person.call("purchase.request", "validate_tier", [row["id"]])
        self.summary["approved"] = self.person("buyer").count(
            "purchase.request",
            [("id", "in", self.requests), ("state", "=", "approved")],
        )

    def order(self):
        """The buyer makes an order per supplier and place, and confirms it.

        What no budget covers is refused; it stays a request for quotation.
        """
        buyer = self.person("buyer")
        self.orders = self._unreceived(buyer)
        refused, amount, confirmed = [], 0.0, 0
        for lines, supplier in self._lines_to_order(buyer):
            order = self._quotation(buyer, lines, supplier)
            try:
                buyer.call("purchase.order", "button_confirm", [order])
            except Refused as answer:
                refused.append((order, str(answer)))
                continue
            [row] = buyer.search(
                "purchase.order",
                [("id", "=", order)],
                ["state", "amount_total", "name"],
            )
            if row["state"] == "purchase":
                self.orders.append(order)
                confirmed += 1
                amount += row["amount_total"]
            else:
                refused.append((order, f"{row['name']} waits for an approval"))
        self.summary |= {
            "orders": confirmed,
            "ordered": round(amount, 2),
            "refused": [text for _order, text in refused],
        }

    def _unreceived(self, buyer):
        """Orders of an earlier, broken day that have not arrived."""
        orders = buyer.search(
            "purchase.order",
            [("state", "=", "purchase"), ("receipt_status", "!=", "full")],
            ["name"],
        )
        return [row["id"] for row in orders]

    def _lines_to_order(self, buyer):
        """Approved lines together that go to one supplier for one place."""
        requests = {
            row["id"]: row
            for row in buyer.search(
                "purchase.request",
                [("id", "in", self.requests), ("state", "=", "approved")],
                ["picking_type_id"],
            )
        }
        lines = buyer.search(
            "purchase.request.line",
            [("request_id", "in", list(requests)), ("cancelled", "=", False)],
            ["request_id", "product_id"],
        )
        sellers = {}
        for row in buyer.search(
            "product.supplierinfo",
            [("product_tmpl_id.product_variant_ids", "in", _ids(lines, "product_id"))],
            ["product_tmpl_id", "partner_id"],
            order="sequence, id",
        ):
            sellers.setdefault(row["product_tmpl_id"], row["partner_id"])
        templates = {
            row["id"]: row["product_tmpl_id"]
            for row in buyer.search(
                "product.product",
                [("id", "in", _ids(lines, "product_id"))],
                ["product_tmpl_id"],
            )
        }
        groups = {}
        for line in lines:
            place = requests[line["request_id"]]["picking_type_id"]
            supplier = sellers[templates[line["product_id"]]]
            groups.setdefault((supplier, place), []).append(line["id"])
        return [(ids, supplier) for (supplier, _place), ids in groups.items()]

    def _quotation(self, buyer, lines, supplier):
        """What the wizard "Create RFQ" does for these request lines."""
        model = "purchase.request.line.make.purchase.order"
        context = {"active_model": "purchase.request.line", "active_ids": lines}
        values = buyer.call(
            model, "default_get", ["item_ids", "supplier_id"], context=context
        )
        keep = ("line_id", "name", "product_qty", "product_uom_id")
        items = [
            (0, 0, {name: row[2][name] for name in keep}) for row in values["item_ids"]
        ]
        wizard = buyer.call(
            model,
            "create",
            {"supplier_id": supplier, "item_ids": items},
            context=context,
        )
        action = buyer.call(model, "make_purchase_order", [wizard], context=context)
        [[_field, _operator, orders]] = action["domain"]
        return orders[0]

    def receive(self):
        """The storekeeper books in what was ordered, with lots and expiry dates."""
        store = self.person("store")
        pickings = store.search(
            "stock.picking",
            [
                ("move_ids.purchase_line_id.order_id", "in", self.orders),
                ("state", "not in", ("done", "cancel")),
            ],
            ["name"],
        )
        items = catalogue.items()
        done = 0
        for picking in pickings:
            moves = store.search(
                "stock.move",
                [("picking_id", "=", picking["id"])],
                MOVE_FIELDS,
            )
            codes = _by_id(
                store, "product.product", moves, "product_id", "default_code"
            )
            for move in moves:
                self._enter_lots(store, move, items[codes[move["product_id"]]])
            done += self._validate(store, picking["id"])
        self.wait()
        self.summary["receipts"] = done

    def _enter_lots(self, store, move, item):
        """Replace the proposed lines by delivered lots, one per piece for serials."""
        today = datetime.now(TIME_ZONE)
        pieces = int(move["product_uom_qty"]) if item.tracking == "serial" else 1
        names = (
            [f"{item.number:04d}S{today:%y%m%d}{n + 1:02d}" for n in range(pieces)]
            if item.tracking == "serial"
            else [catalogue.reported_lot(item) or f"{today:%y%m%d}{item.number:04d}"]
        )
        expiry = datetime.now(UTC) + timedelta(days=int(item.shelf_days * 0.9))
        known = {
            row["name"]: row["id"]
            for row in store.search(
                "stock.lot",
                [("product_id", "=", move["product_id"]), ("name", "in", names)],
                ["name"],
            )
        }
        for name in names:
            if name not in known:
                known[name] = store.call(
                    "stock.lot",
                    "create",
                    {
                        "name": name,
                        "product_id": move["product_id"],
                        "expiration_date": f"{expiry:%Y-%m-%d %H:%M:%S}",
                    },
                )
        lines = [
            (
                0,
                0,
                {
                    "product_id": move["product_id"],
                    "picking_id": move["picking_id"],
                    "lot_id": known[name],
                    "quantity": move["product_uom_qty"] / pieces,
                    "product_uom_id": move["product_uom"],
                    "location_id": move["location_id"],
                    "location_dest_id": move["location_dest_id"],
                },
            )
            for name in names
        ]
        store.call(
            "stock.move",
            "write",
            [move["id"]],
            {"move_line_ids": [(5, 0, 0), *lines], "picked": True},
        )

    # ---- what it came to -------------------------------------------------------------

    def report(self):
        """The auditor downloads the month's consumption as a workbook."""
        auditor = self.auditor
        today = datetime.now(TIME_ZONE).date()
        wizard = auditor.call(
            "med.consumption.export.wizard",
            "create",
            {"date_from": str(today), "date_to": str(today)},
        )
        action = auditor.call(
            "med.consumption.export.wizard", "action_download", [wizard]
        )
        self.workbook = auditor.download(
            f"/report/xlsx/{action['report_name']}/{wizard}"
        )
        with zipfile.ZipFile(io.BytesIO(self.workbook)) as parts:
            if "xl/workbook.xml" not in parts.namelist():
                raise ValueError("The download is no workbook.")
        self.summary["report_bytes"] = len(self.workbook)

    def money(self):
        """Cost of today's use, as the cost centres bear it."""
        today = datetime.now(TIME_ZONE).date()
        [row] = self.person("finance").call(
            "account.analytic.line",
            "formatted_read_group",
            [("category", "=", "med_consumption"), ("date", "=", str(today))],
            [],
            ["amount:sum"],
        )
        self.summary["spent"] = round(-(row["amount:sum"] or 0.0), 2)
        raised = self.auditor.count("med.alert", []) - self.alerts_before
        self.summary["alerts"] = raised
        self.summary["seconds"] = round(time.monotonic() - self.started, 1)


def _ids(rows, name):
    return sorted({row[name] for row in rows})


def _by_id(person, model, rows, name, field):
    """``{id: value of field}`` of the records that ``rows`` name."""
    found = person.search(model, [("id", "in", _ids(rows, name))], [field])
    return {row["id"]: row[field] for row in found}


def todays_messages(folder, database):
    """The recording moved to today; kept, so that the same day is the same bytes.

    A day that is not over is pressed into the time that has passed (``wire.move``), so
    its messages depend on the hour when they were first played.
    """
    now = wire.now_in(TIME_ZONE)
    kept = Path(folder) / f"{database}-{now:%Y-%m-%d}.hl7"
    if kept.exists():
        return wire.read(kept)
    messages = wire.move(wire.read(), now)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(b"".join(map(wire.frame, messages)))
    return messages


def play(url, database, mllp, folder, say=lambda _text: None):
    """Play today; returns the summary.

    ``mllp`` is (host, port) of the gateway, ``folder`` keeps the messages of each day.
    """
    day = Day(url, database, mllp, say)
    day.send(todays_messages(folder, database))
    say("The store fills the shelves of departments")
    day.issue_from_store()
    say("The store asks for what must be bought; buyer and approver decide")
    day.request()
    day.approve()
    say("The buyer orders, the store receives")
    day.order()
    day.receive()
    say("The auditor downloads the day's consumption")
    day.report()
    day.money()
    return day.summary


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8069")
    parser.add_argument("--database", default="hospital")
    parser.add_argument("--mllp-host", default="127.0.0.1")
    parser.add_argument("--mllp-port", type=int, default=2575)
    parser.add_argument("--folder", default=".med/played")
    options = parser.parse_args()
    summary = play(
        options.url,
        options.database,
        (options.mllp_host, options.mllp_port),
        options.folder,
        lambda text: print(text, file=sys.stderr),  # noqa: T201
    )
    print(json.dumps(summary, ensure_ascii=False))  # noqa: T201


if __name__ == "__main__":
    main()

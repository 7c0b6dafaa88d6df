"""Play the recorded day in a running demo hospital, as its people would.

    bin/play_day.py --url http://127.0.0.1:8069 --database hospital --mllp-port 2575

The HIS sends its messages over the socket; then the storekeeper, the buyer and the
approver do what the alerts ask for, each over HTTP with their own login and rights.
``play(...)`` returns what happened; it can be played twice, the second time changes
nothing.
"""

import argparse
import json
import sys
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parent))
from day import (
    background,
    books,
    his,
    ordering,
    receiving,
    reorder_alerts,
    requesting,
    transfers,
)
from day.person import Person

TIME_ZONE = ZoneInfo("Asia/Shanghai")
PEOPLE = ("auditor", "store", "buyer", "approver", "finance")


def play(url, database, mllp, folder, say=lambda _text: None):
    """Play today; returns the summary.

    ``mllp`` is (host, port) of the gateway, ``folder`` keeps the messages of each day.
    """
    begun = time.monotonic()
    auditor, store, buyer, approver, finance = (
        Person(url, database, login) for login in PEOPLE
    )
    alerts_before = auditor.count("med.alert", [])
    messages = his.todays_messages(folder, database, TIME_ZONE)
    summary = his.send(messages, mllp, auditor, say)

    say("The store fills the shelves of departments")
    summary["issues"] = transfers.issue(store, reorder_alerts.waiting(store))
    background.wait(auditor, say)

    say("The store asks for what must be bought; buyer and approver decide")
    to_buy = [row for row in reorder_alerts.waiting(store) if row["action"] == "buy"]
    requests = requesting.request(store, to_buy)
    summary["alerts_to_buy"] = len(to_buy)
    summary["requests"] = len(requests)
    summary["approved"] = requesting.approve(buyer, approver, requests)

    say("The buyer orders, the store receives")
    orders, ordered = ordering.order(buyer, requests)
    summary |= ordered
    summary["receipts"] = receiving.receive(store, orders, TIME_ZONE)
    background.wait(auditor, say)

    say("The auditor downloads the day's consumption")
    today = datetime.now(TIME_ZONE).date()
    summary["report_bytes"] = len(books.workbook(auditor, today))
    summary["spent"] = books.spent(finance, today)
    summary["alerts"] = auditor.count("med.alert", []) - alerts_before
    summary["seconds"] = round(time.monotonic() - begun, 1)
    return summary


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

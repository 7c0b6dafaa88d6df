"""The whole loop on a real server, gateway and database, as the hospital lives it.

The recorded day comes over the socket; people do their part over HTTP with their own
rights; the assertions look at what stands in the database in the end. Then comes the
same day again.
"""

import io
import sys
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from rpc import RpcError

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT / "bin"))
import play_day  # noqa: E402
from demo import wire  # noqa: E402

# Everything that a second sending of the same day could change.
FINGERPRINT = """
    SELECT (SELECT count(*) FROM med_his_message),
           (SELECT count(*) FROM med_consumption),
           (SELECT sum(quantity) FROM med_consumption WHERE state = 'posted'),
           (SELECT count(*) FROM stock_move WHERE state = 'done'),
           (SELECT sum(quantity) FROM stock_quant),
           (SELECT sum(amount) FROM account_analytic_line),
           (SELECT count(*) FROM med_alert),
           (SELECT count(*) FROM purchase_request),
           (SELECT count(*) FROM purchase_order)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("played")


@pytest.fixture(scope="module")
def play(odoo_server, mllp_gateway, hospital_db, folder):
    def play():
        address = "127.0.0.1", mllp_gateway.port
        return play_day.play(odoo_server.url, hospital_db.name, address, folder)

    return play


@pytest.fixture(scope="module")
def began():
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"


@pytest.fixture(scope="module")
def day(began, play):
    """The day, played once; what its players counted."""
    return play()


@pytest.fixture(scope="module")
def todays_lines(day, rpc, began):
    """The lines of the ledger that the day's messages became."""
    return rpc("auditor")(
        "med.consumption",
        "search_read",
        [("source", "=", "his:DEMO"), ("create_date", ">=", began)],
        ["state", "kind", "quantity", "value", "department_id", "product_id"],
    )


def test_every_message_is_acknowledged_and_accounted_for(day, sql):
    assert day["messages"] > 250
    assert day["acknowledged"] == day["messages"]
    assert day["received"] + day["duplicates"] == day["messages"]
    assert day["duplicates"] > 0
    [(left,)] = sql("SELECT count(*) FROM med_his_message WHERE state = 'received'")
    assert left == 0
    states = dict(
        sql(
            "SELECT message.state, count(*) FROM med_his_message message"
            " JOIN med_his_channel channel ON channel.id = message.channel_id"
            " WHERE channel.code = 'DEMO' GROUP BY message.state"
        )
    )
    assert sum(states.values()) == day["received"]
    assert states["processed"] == day["processed"]


def test_use_leaves_the_shelf_and_reaches_the_cost_centre_to_the_cent(
    day, todays_lines, sql, began
):
    posted = [line for line in todays_lines if line["state"] == "posted"]
    assert len(posted) > 300
    # Where a scan moves the stock, a charge waits for it or is matched with it.
    settled = {"posted", "incident", "waiting", "matched"}
    assert {line["state"] for line in todays_lines} <= settled
    moves = sql(
        """SELECT DISTINCT move.id, move.value, move.state
             FROM med_consumption line
             JOIN med_consumption_allocation part ON part.consumption_id = line.id
             JOIN stock_move_line detail ON detail.id = part.move_line_id
             JOIN stock_move move ON move.id = detail.move_id
            WHERE line.source = 'his:DEMO' AND line.create_date >= %s""",
        [began],
    )
    assert {state for _id, _value, state in moves} == {"done"}
    [(booked,)] = sql(
        """SELECT -sum(amount) FROM account_analytic_line
            WHERE category = 'med_consumption' AND med_stock_move_id IN %s""",
        [tuple(move for move, _value, _state in moves)],
    )
    assert round(float(booked), 2) == round(sum(line["value"] for line in posted), 2)
    assert booked > 0


def test_use_costs_what_was_paid(day, sql):
    """Prices of the demonstration do not change, so averages must agree."""
    differ = sql(
        """WITH paid AS (
               SELECT product_id, sum(value) / sum(quantity) AS cost
                 FROM stock_move
                WHERE state = 'done' AND is_in AND purchase_line_id IS NOT NULL
                GROUP BY product_id
           ), used AS (
               SELECT product_id, sum(value) / sum(quantity) AS cost,
                   0.005 * count(*) / sum(quantity) AS rounding
                 FROM med_consumption
                WHERE state = 'posted' AND kind = 'use'
                GROUP BY product_id
           )
           SELECT product.default_code, paid.cost, used.cost
             FROM paid JOIN used USING (product_id)
             JOIN product_product product ON product.id = product_id
            WHERE abs(used.cost - paid.cost) > 0.01 * paid.cost + used.rounding"""
    )
    assert not differ


def test_a_return_comes_back_to_its_lot_and_to_its_cost_centre(todays_lines):
    returned = [line for line in todays_lines if line["kind"] == "return"]
    assert returned
    assert all(line["state"] == "posted" and line["value"] < 0 for line in returned)


def test_a_reorder_rule_reacted_and_the_alert_led_to_a_request(day, rpc, sql, began):
    assert day["alerts"] > 0
    assert day["requests"] > 0
    requests = rpc("store")(
        "purchase.request",
        "search_read",
        [("create_date", ">=", began)],
        ["state", "med_alert_ids"],
    )
    alerts = {alert for request in requests for alert in request["med_alert_ids"]}
    assert len(alerts) >= len(requests) > 0
    states = sql("SELECT DISTINCT state FROM med_alert WHERE id IN %s", [tuple(alerts)])
    assert {state for (state,) in states} <= {"in_work", "resolved"}


def test_nobody_approved_a_request_of_their_own(day, sql, began):
    assert day["approved"] > 0
    reviews = sql(
        """SELECT request.requested_by, review.done_by
             FROM tier_review review
             JOIN purchase_request request ON request.id = review.res_id
            WHERE review.model = 'purchase.request' AND review.status = 'approved'
              AND request.create_date >= %s""",
        [began],
    )
    assert len(reviews) >= day["approved"]
    assert all(asked != agreed for asked, agreed in reviews)


def test_orders_were_confirmed_within_the_budget(day, rpc):
    assert day["orders"] > 0
    lines = rpc("finance")(
        "med.budget.line",
        "search_read",
        [("budget_id.state", "=", "approved")],
        ["analytic_account_id", "planned", "ordered", "spent", "available"],
    )
    assert lines
    for line in lines:
        # What was used before may have exceeded a budget; no order of today may.
        assert line["available"] >= 0 or not line["ordered"], line
    assert sum(line["spent"] for line in lines) > 0


def test_the_figure_of_a_budget_is_the_sum_of_its_list(day, rpc):
    finance = rpc("finance")
    lines = finance(
        "med.budget.line",
        "search_read",
        [("budget_id.state", "=", "approved")],
        ["spent", "categ_id"],
    )
    checked = 0
    for line in lines:
        if not line["spent"] or checked == 3:
            continue
        action = finance("med.budget.line", "action_open_spent", [line["id"]])
        rows = finance(action["res_model"], "search_read", action["domain"], ["amount"])
        assert round(sum(row["amount"] for row in rows), 2) == round(line["spent"], 2)
        checked += 1
    assert checked


def test_goods_were_received_at_the_price_with_tax(day, sql, began):
    assert day["receipts"] > 0
    received = sql(
        """SELECT move.value, line.price_unit * 1.13 * move.quantity
                * unit.factor / order_unit.factor
             FROM stock_move move
             JOIN purchase_order_line line ON line.id = move.purchase_line_id
             JOIN uom_uom unit ON unit.id = move.product_uom
             JOIN uom_uom order_unit ON order_unit.id = line.product_uom_id
            WHERE move.state = 'done' AND move.create_date >= %s""",
        [began],
    )
    assert received
    for value, cost in received:
        assert abs(float(value) - float(cost)) < 0.02


def test_the_workbook_says_what_the_ledger_says(day, rpc):
    auditor = rpc("auditor")
    today = f"{datetime.now(play_day.TIME_ZONE):%Y-%m-%d}"
    wizard = auditor(
        "med.consumption.export.wizard",
        "create",
        {"date_from": today, "date_to": today},
    )
    action = auditor("med.consumption.export.wizard", "action_download", [wizard])
    content = auditor.get(f"/report/xlsx/{action['report_name']}/{wizard}")
    book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    sheet = book.worksheets[1]
    header_row = next(
        number
        for number, row in enumerate(sheet.iter_rows(values_only=True), start=1)
        if sum(cell is not None for cell in row) > 6
    )
    rows = list(sheet.iter_rows(min_row=header_row, values_only=True))
    cost = next(i for i, name in enumerate(rows[0]) if "净成本" in str(name))
    lines = [row for row in rows[1:] if isinstance(row[0], datetime)]
    assert len(lines) > 300
    [group] = auditor(
        "med.consumption.report",
        "formatted_read_group",
        [("day", "=", today)],
        [],
        ["value:sum"],
    )
    assert abs(sum(row[cost] for row in lines) - group["value:sum"]) < 0.01


def test_the_same_day_sent_twice_changes_nothing(day, play, sql, mllp_gateway, folder):
    before = sql(FINGERPRINT)
    [kept] = folder.glob("*.hl7")
    answers = mllp_gateway.send(*wire.read(kept))
    assert all(b"MSA|AA|" in answer for answer in answers)
    again = play()
    assert (again["received"], again["lines"], again["moves"]) == (0, 0, 0)
    after = sql(FINGERPRINT)
    # People may act on what is still open; messages change nothing.
    assert after[0][:2] == before[0][:2]


def test_no_name_of_a_patient_is_in_the_database(day, dump):
    for name in ("模拟患者", "DEMO000001"):
        assert name.encode() not in dump(), name


def test_an_ordinary_employee_reaches_nothing_of_this(day, rpc):
    ward = rpc("ward")
    for model in ("med.his.message", "med.budget", "purchase.order"):
        with pytest.raises(RpcError):
            ward(model, "search_read", [], ["id"])

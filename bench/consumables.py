"""What the ledger of use costs: events into stock."""

import time
from datetime import timedelta
from statistics import median

from odoo import fields

FLOOR = "med_consumables"

ROUNDS = 3
PRODUCTS = 50
DAYS = 2
PLENTY = 1_000_000.0


def posting(env, quick):
    """Events posted per second, with lots, moving-average cost and cost centres.

    The peer is one picking per event, confirmed and done by Odoo's own buttons: same
    shelf, same products, same two days of events. Both in turn, medians of the rounds.
    """
    ours, theirs = (500, 50) if quick else (5_000, 300)
    ward = _ward(env)
    shelf = _shelf(env, ward)
    speeds, peer_speeds = [], []
    for number in range(ROUNDS):
        _report(env, ward, shelf, f"round {number}", ours)
        speeds.append(ours / _seconds(env, lambda: _post(env)))
        peer_speeds.append(
            theirs / _seconds(env, lambda: _one_picking_each(env, ward, shelf, theirs))
        )
    yield {
        "value": median(speeds),
        "unit": "events/s",
        "peer": "one picking per event",
        "peer_value": median(peer_speeds),
        "n": ours,
    }


def _seconds(env, work):
    """Duration of ``work()`` with its writes and its commit."""
    started = time.perf_counter()
    work()
    env.cr.commit()
    return time.perf_counter() - started


def _ward(env):
    plan = env["account.analytic.plan"].create({"name": "Cost centres"})
    env.company.med_analytic_plan_id = plan
    account = env["account.analytic.account"].create(
        {"name": "ICU", "plan_id": plan.id}
    )
    return env["med.department"].create(
        {"code": "ICU", "name": "Intensive Care", "analytic_account_id": account.id}
    )


def _shelf(env, ward):
    """Products with two lots each on the ward's shelf: plenty of both."""
    category = env["product.category"].create(
        {"name": "Consumables", "property_cost_method": "average"}
    )
    products = env["product.product"].create(
        [
            {
                "name": f"Item {number}",
                "is_storable": True,
                "tracking": "lot",
                "use_expiration_date": True,
                "categ_id": category.id,
                "standard_price": 2.5,
                "med_consumable": True,
            }
            for number in range(PRODUCTS)
        ]
    )
    expiry = fields.Datetime.now() + timedelta(days=365)
    lots = env["stock.lot"].create(
        [
            {"name": f"{name}", "product_id": product.id, "expiration_date": expiry}
            for product in products
            for name in "AB"
        ]
    )
    for lot in lots:
        env["stock.quant"]._update_available_quantity(
            lot.product_id, ward.stock_location_id, PLENTY, lot_id=lot
        )
    env.cr.commit()
    return products


def _report(env, ward, products, source, count):
    now = fields.Datetime.now().replace(microsecond=0)
    env["med.consumption"]._record(
        [
            {
                "department_id": ward.id,
                "product_id": products[number % PRODUCTS].id,
                "quantity": 1 + number % 3,
                "kind": "use",
                "event_time": now - timedelta(days=number % DAYS, seconds=number),
                "source": source,
                "external_key": str(number),
            }
            for number in range(count)
        ]
    )
    env.cr.commit()


def _post(env):
    ledger = env["med.consumption"]
    while ledger._post_pending():
        env.cr.commit()
        env.invalidate_all()
    if ledger.search_count([("state", "!=", "posted")]):
        raise AssertionError("some events were not posted")


def _one_picking_each(env, ward, products, count):
    for number in range(count):
        product = products[number % PRODUCTS]
        places = {
            "location_id": ward.stock_location_id.id,
            "location_dest_id": ward.consumption_location_id.id,
        }
        move = {
            "product_id": product.id,
            "product_uom_qty": 1 + number % 3,
            **places,
        }
        picking = env["stock.picking"].create(
            {
                "picking_type_id": ward.warehouse_id.int_type_id.id,
                "move_ids": [fields.Command.create(move)],
                **places,
            }
        )
        picking.action_confirm()
        picking.action_assign()
        picking.button_validate()
        env.cr.commit()
        if picking.state != "done":
            raise AssertionError(f"{picking.name} is {picking.state}")

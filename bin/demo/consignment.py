"""A supplier's stock in the theatre, one piece of it used, and a set for tomorrow."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from odoo.fields import Command

from . import catalogue, shelf

PIECES = 3


def set_up(env, departments, products, partners, today, time_zone):
    """Implants of the theatre: one item on consignment, two more in a loaner set."""
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    theatre = departments["OR"]
    implants = [
        item
        for item in catalogue.items().values()
        if item.implant and "OR" in item.use and item.tracking == "lot"
    ]
    if len(implants) < 3:  # the catalogue decides what the theatre implants
        raise SystemExit("The theatre needs three implants by lot in items.csv.")
    *set_, consigned = implants[:3]
    shelf_life = datetime.combine(today, time()) + timedelta(days=240)
    lot = env["stock.lot"].create(
        {
            "name": f"JS{today:%y%m}",
            "product_id": products[consigned.code].id,
            "expiration_date": shelf_life,
        }
    )
    shelf.put(
        env,
        products[consigned.code],
        theatre.stock_location_id,
        PIECES,
        lot,
        owner=partners[consigned.suppliers[0]],
    )
    _use_one(env, theatre, lot, now)
    morning = datetime.combine(
        today + timedelta(days=1), time(8), ZoneInfo(time_zone)
    ).astimezone(ZoneInfo("UTC"))
    env["med.loaner"].create(
        {
            "supplier_id": partners[set_[0].suppliers[0]].id,
            "department_id": theatre.id,
            "planned_for": morning.replace(tzinfo=None),
            "description": "内固定器械包",
            "line_ids": [
                Command.create(
                    {
                        "product_id": products[item.code].id,
                        "lot_name": f"GT{today:%y%m}-{number}",
                        "expiration_date": shelf_life,
                        "quantity": 2,
                    }
                )
                for number, item in enumerate(set_, start=1)
            ],
        }
    ).action_receive()


def _use_one(env, theatre, lot, now):
    """One piece was implanted yesterday; its purchase waits on an order."""
    line = env["med.consumption"]._record(
        [
            {
                "department_id": theatre.id,
                "product_id": lot.product_id.id,
                "lot_name": lot.name,
                "kind": "use",
                "quantity": 1,
                "event_time": now - timedelta(days=1),
                "source": "scan",
                "external_key": f"demo-consigned/{lot.name}",
            }
        ]
    )
    env["med.consumption"]._post_pending([("id", "in", line.ids)])

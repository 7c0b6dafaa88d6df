"""The books of the hospital: scraps, charges without scans, last month closed."""

from datetime import timedelta

from odoo import fields

# reason -> pieces thrown away
SCRAPS = (
    ("scrap_reason_damaged", 1),
    ("scrap_reason_sterility", 1),
    ("scrap_reason_lost", 2),
)

#: What the price list of HIS says, against what the item costs now.
LISTED = 0.92
#: Who reported, how many pieces, how many hours ago.
TRIAL = (
    ("his:DEMO", 2, 30),
    ("scan", 3, 60),
    ("his:DEMO", 5, 95),
    ("scan", 2, 95),
    ("scan", 2, 94),
)


def set_up(env, departments, staff, today):
    wards = [ward for ward in departments.values() if ward.kind != "store"]
    piles = _piles(env, wards)
    for pile, (reason, quantity) in zip(piles, SCRAPS, strict=False):
        _scrap(env, pile, reason, quantity)
    _unmatched(env, piles)
    env["stock.quant"]._cron_plan_counts()
    env["med.daily.check"]._cron_prepare()
    _close_last_month(env, staff, today)
    # From now on finance signs as well.
    env.company.med_closing_finance = True


def _piles(env, wards):
    """One good lot a ward that has more than it will miss."""
    piles = env["stock.quant"].search(
        [
            ("location_id", "in", [ward.stock_location_id.id for ward in wards]),
            ("product_id.med_consumable", "=", True),
            ("product_id.tracking", "=", "lot"),
            ("lot_id.expiration_date", ">", fields.Datetime.now()),
            ("med_hold", "=", False),
            ("owner_id", "=", False),
            ("quantity", ">=", 20),
        ],
        order="location_id, product_id, id",
    )
    by_ward = piles.filtered(lambda pile: pile.quantity - pile.reserved_quantity > 10)
    return [group[0] for group in by_ward.grouped("location_id").values()]


def _scrap(env, pile, reason, quantity):
    env["stock.scrap"].create(
        {
            "product_id": pile.product_id.id,
            "lot_id": pile.lot_id.id,
            "location_id": pile.location_id.id,
            "scrap_qty": quantity,
            "scrap_reason_tag_ids": env.ref(f"med_consumables.{reason}").ids,
        }
    ).action_validate()


def _unmatched(env, piles):
    """The trial of a ward: a charge nobody scanned, a scan nobody charged, and a use
    of which five pieces were charged and four scanned, two and two.
    """
    if not piles:
        return
    pile = piles[0]
    ward = pile.location_id._med_departments()[pile.location_id]
    item = pile.product_id
    item.med_chargeable = True
    trial = env["med.stock.source"].create({"department_id": ward.id, "source": "scan"})
    now = fields.Datetime.now()
    for number, (source, quantity, hours) in enumerate(TRIAL):
        env["med.consumption"]._record(
            [
                {
                    "department_id": ward.id,
                    "product_id": item.id,
                    "kind": "use",
                    "quantity": quantity,
                    "event_time": now - timedelta(hours=hours),
                    "source": source,
                    "external_key": f"trial-{number}",
                    **_charged(env, source, item, quantity),
                }
            ]
        )
    env["med.consumption"]._post_pending([("source", "=", "scan")])
    env["med.consumption.match"]._cron_leakage()
    trial.unlink()


def _charged(env, source, item, quantity):
    """What HIS charged: a little less than the item costs, as old price lists do."""
    if not source.startswith("his:"):
        return {}
    price = env.company.currency_id.round(item.standard_price * LISTED)
    return {"charged_amount": price * quantity}


def _close_last_month(env, staff, today):
    maker, checker = staff["store"], staff["admin"]
    closing = (
        env["med.closing"]
        .with_user(maker)
        .create({"month": today.replace(day=1) - timedelta(days=1)})
    )
    closing.action_compute()
    for check in closing.check_ids.filtered("count"):
        check.accepted_reason = "已核对，下月处理"
    closing.action_make()
    closing.with_user(checker).action_close()

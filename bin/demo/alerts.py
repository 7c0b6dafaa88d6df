"""Alerts of every kind to look at: intensive care tries out those that are not usual.

What the rest of the demo hospital does not bring about by itself is made here: a
delivery that is late, a count that differs, cold goods out of the cold.
"""

from datetime import timedelta

from odoo import fields

WARD = "ICU"
GLOVES, LATE = "HC0101", "HC0201"


def set_up(env, departments, items):
    ward = departments[WARD]
    # Others would tell of the same shelf twice; one ward shows what they look like.
    further = env["med.alert.rule"].with_context(active_test=False)
    further = further.search([("active", "=", False)])
    further.write({"department_ids": [(6, 0, ward.ids)], "active": True})
    points = env["stock.warehouse.orderpoint"].search(
        [("location_id", "=", ward.stock_location_id.id)]
    )
    for point in points:
        point.med_safety_stock = round(point.product_min_qty / 2)
    _count(env, ward, items[GLOVES])
    _late_delivery(env, departments["STORE"], items.get(LATE) or items[GLOVES])
    _fridge(env, departments)


def people_act(env):
    """What people have done about some of them, each as whoever is responsible."""
    open_alerts = env["med.alert"].search(
        [("state", "=", "open"), ("responsible_id", "!=", False)], order="id"
    )

    def of_kind(kind):
        alert = open_alerts.filtered(lambda a: a.kind == kind and not a.head_id)[:1]
        return alert.with_user(alert.responsible_id)

    of_kind("count_difference").action_acknowledge()
    of_kind("licence").action_next_step()
    of_kind("expiry_unused")._snooze(
        fields.Datetime.now() + timedelta(days=7), "下周手术排期后再看"
    )
    of_kind("expiry")._dismiss("本批次明日全部用于体检，不会过期")


def _count(env, ward, item):
    """A box was taken and never recorded."""
    env["med.count.line"]._log(
        [
            {
                "company_id": ward.company_id.id,
                "location_id": ward.stock_location_id.id,
                "product_id": item.id,
                "expected": 240,
                "counted": 190,
            }
        ]
    )


def _late_delivery(env, store, item):
    promised = fields.Datetime.now() - timedelta(days=3)
    source = env.ref("stock.stock_location_suppliers")
    target = store.stock_location_id
    picking = env["stock.picking"].create(
        {
            "picking_type_id": store.warehouse_id.in_type_id.id,
            "partner_id": item.seller_ids[:1].partner_id.id,
            "location_id": source.id,
            "location_dest_id": target.id,
            "scheduled_date": promised,
            "move_ids": [
                (
                    0,
                    0,
                    {
                        "product_id": item.id,
                        "product_uom_qty": 200,
                        "location_id": source.id,
                        "location_dest_id": target.id,
                    },
                )
            ],
        }
    )
    picking.action_confirm()
    picking.move_ids.date_deadline = promised


def _fridge(env, departments):
    """The store has a refrigerator; one ward keeps cold goods on its open shelf."""
    store = departments["STORE"]
    env["stock.location"].create(
        {
            "name": "冷藏柜",
            "usage": "internal",
            "location_id": store.stock_location_id.id,
            "med_refrigerated": True,
        }
    )
    cold = env["stock.quant"].search(
        [
            ("product_id.med_cold_chain", "=", True),
            ("quantity", ">", 0),
            ("location_id.med_department_id.kind", "!=", "store"),
        ],
        limit=1,
    )
    ward = cold.location_id.med_department_id or departments[WARD]
    env.ref("med_alerts.alert_rule_cold_chain").department_ids = ward

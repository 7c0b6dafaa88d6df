"""A recall in work, a hold, a lot too many, incidents, an adverse event, an override.

The recall is of a closure device of the catheter laboratory. Nothing of the recorded
day uses it.
"""

import base64
from datetime import timedelta

from odoo import fields
from odoo.addons.med_consumables.core.visit import Visit
from odoo.exceptions import UserError

from . import shelf

RECALLED = "HC0605"
GLOVES, LATEX, MESH = "HC0101", "HC0103", "HC0706"


def set_up(env, company, departments, items, staff):
    # The past month was charged without lots; from now on they are asked for.
    company.med_missing_lot = "implant"
    now = fields.Datetime.now()
    lines = _report(env, departments, items, now)
    _recall(env, items[RECALLED], staff, now)
    _hold(env, departments["RAD"], items[MESH], staff)
    _short_dated(env, departments["RESP"], items[LATEX], now)
    incident = lines.incident_id.filtered(lambda each: each.code == "expired_lot")[:1]
    incident.with_user(staff["wardmanager"]).action_take()
    env["med.adverse.event"].with_user(staff["wardmanager"]).create(
        {
            "department_id": departments["ICU"].id,
            "product_id": items[GLOVES].id,
            "lot_id": incident.lot_id.id,
            "incident_id": incident.id,
            "manifestation": "手套佩戴时破裂，已更换，患者无不适。",
            "measures": "剩余手套下架送隔离区。",
        }
    )


def _short_dated(env, department, item, now):
    """More than the ward uses before the date; radiology uses the same gloves."""
    lot = env["stock.lot"].create(
        {
            "name": f"{item.default_code[2:]}SD",
            "product_id": item.id,
            "expiration_date": now + timedelta(days=24),
        }
    )
    shelf.put(env, item, department.stock_location_id, 1200, lot)


def _hold(env, department, item, staff):
    """Pieces that lost their label: nobody knows their lot, so nobody may use them."""
    place = department.stock_location_id
    shelf.put(env, item, place, 3)
    env["med.stock.hold"].with_user(staff["store"]).create(
        {
            "product_id": item.id,
            "location_id": place.id,
            "reason": "标签脱落，批号不明，待供应商确认",
        }
    )


def _report(env, departments, items, now):
    """Use that raises incidents: expired, a lot nobody knows, no lot, too much back."""
    icu, theatre = departments["ICU"], departments["OR"]
    expired = env["stock.lot"].create(
        {
            "name": "GL-EXPIRED",
            "product_id": items[GLOVES].id,
            "expiration_date": now + timedelta(days=4),
        }
    )
    shelf.put(env, items[GLOVES], icu.stock_location_id, 2, expired)
    expired.expiration_date = now - timedelta(days=4)
    reports = [
        (icu, GLOVES, "use", 2, {"lot_name": expired.name}),
        (departments["ER"], GLOVES, "use", 3, {"lot_name": "ZX-9"}),
        (theatre, MESH, "use", 1, {}),
        (icu, MESH, "return", 1, {}),
    ]
    lines = env["med.consumption"]._record(
        [
            {
                "department_id": department.id,
                "product_id": items[code].id,
                "kind": kind,
                "quantity": quantity,
                "event_time": now - timedelta(hours=2),
                "source": "manual",
                "external_key": f"demo-safety/{number}",
                **values,
            }
            for number, (department, code, kind, quantity, values) in enumerate(reports)
        ]
    )
    env["med.consumption"]._post_pending([("id", "in", lines.ids)])
    return lines


def _recall(env, product, staff, now):
    used = env["med.consumption"].search(
        [
            ("product_id", "=", product.id),
            ("state", "=", "posted"),
            ("kind", "=", "use"),
        ],
        order="event_time desc, id desc",
        limit=3,
    )
    lot = used[:1].allocation_ids.lot_id[:1] or env["stock.lot"].search(
        [("product_id", "=", product.id)], order="id", limit=1
    )
    _keep_visits(env, used)
    recall = (
        env["med.recall"]
        .with_user(staff["store"])
        .create(
            {
                "subject": "血管闭合装置释放失败",
                "reference": "国械召 2026-118",
                "level": "1",
                "reason": "锚定片可能无法释放，导致止血失败。请停止使用并退回。",
                "notice_date": fields.Date.today(),
                "product_ids": [fields.Command.set(product.ids)],
                "lot_names": lot.name,
            }
        )
    )
    recall.action_start()
    line = recall.line_ids.filtered(lambda each: each.place in ("ward", "store"))[:1]
    if not line:
        return
    receipt = (
        env["ir.attachment"]
        .with_user(staff["store"])
        .create(
            {"name": "隔离交接单.txt", "datas": base64.b64encode("已交接".encode())}
        )
    )
    env["med.recall.disposition"].with_user(staff["store"]).create(
        {
            "line_id": line.id,
            "kind": "quarantined",
            "quantity": 1,
            "evidence_ids": [fields.Command.set(receipt.ids)],
        }
    )


def _keep_visits(env, lines):
    """Invented visit numbers, where the hospital is made with a key."""
    try:
        env["med.vault"]._keep(
            {
                line: Visit(f"ZY{260000 + number}", f"BA{78000 + number}")
                for number, line in enumerate(lines)
            }
        )
    except UserError:
        return

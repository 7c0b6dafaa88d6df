"""A department that counts its shelf to know its use; and a level asked for."""

from odoo.fields import Command

#: item -> pieces issued by the store, pieces left at the count
SHELF = {"HC1001": (60, 22), "HC0101": (100, 41), "HC0302": (40, 28)}
ASKED = ("ICU", "HC0101", 1.5)


def set_up(env, company, departments, items, staff):
    """Issued, counted (what is missing was used), and a sheet for the next count."""
    ward = _department(env, company, staff["wardmanager"])
    _issue(env, departments["STORE"], ward, items)
    sheet = env["med.ward.count"].create({"department_id": ward.id})
    sheet.action_fill()
    for line in sheet.line_ids:
        left = SHELF[line.product_id.default_code][1]
        line.write({"counted": True, "counted_qty": left})
    sheet.action_confirm()
    env["med.consumption"]._post_pending()
    env["med.ward.count"].create({"department_id": ward.id}).action_fill()
    _ask_for_level(env, departments, items, staff["wardmanager"])


def _department(env, company, manager):
    account = env["account.analytic.account"].create(
        {
            "name": "Rehabilitation",
            "code": "CC-REHAB",
            "plan_id": company.med_analytic_plan_id.id,
            "company_id": company.id,
        }
    )
    ward = env["med.department"].create(
        {
            "name": "Rehabilitation",
            "code": "REHAB",
            "kind": "clinic",
            "stock_keeping": "counted",
            "company_id": company.id,
            "analytic_account_id": account.id,
            "manager_id": manager.id,
        }
    )
    for record in (ward, account):
        record.with_context(lang="zh_CN").name = "康复医学科"
    (ward.stock_location_id | ward.consumption_location_id).name = "REHAB 康复医学科"
    manager.med_department_ids = [Command.link(ward.id)]
    return ward


def _issue(env, store, ward, items):
    moves = env["stock.move"].create(
        [
            {
                "product_id": items[code].id,
                "product_uom": items[code].uom_id.id,
                "product_uom_qty": issued,
                "location_id": store.stock_location_id.id,
                "location_dest_id": ward.stock_location_id.id,
            }
            for code, (issued, _left) in SHELF.items()
        ]
    )
    moves._action_confirm()
    moves._action_assign()
    moves.picked = True
    moves._action_done()


def _ask_for_level(env, departments, items, manager):
    """The head nurse wants more on the shelf; the store decides."""
    code, item, factor = ASKED
    level = env["stock.warehouse.orderpoint"].search(
        [
            ("location_id", "=", departments[code].stock_location_id.id),
            ("product_id", "=", items[item].id),
        ]
    )
    env["med.level.proposal"].with_user(manager).create(
        {
            "department_id": departments[code].id,
            "product_id": items[item].id,
            "proposed_min": round(level.product_min_qty * factor),
            "proposed_max": round(level.product_max_qty * factor),
            "reason": "新增两张床位 two more beds",
        }
    )

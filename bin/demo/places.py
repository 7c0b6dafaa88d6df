"""Departments with shelves and cost centres, and the two ways they are supplied."""

from odoo.fields import Command


def set_up(env, company, catalogue):
    """``{code: department}``; shelves and places of use are made by the departments."""
    departments = _departments(env, company, catalogue)
    _issue_route(env, departments)
    _direct_route(env, departments, catalogue)
    return departments


def _departments(env, company, catalogue):
    rows = catalogue.departments()
    accounts = env["account.analytic.account"].create(
        [
            {
                "name": row.name,
                "code": f"CC-{row.code}",
                "plan_id": company.med_analytic_plan_id.id,
                "company_id": company.id,
            }
            for row in rows.values()
        ]
    )
    departments = env["med.department"].create(
        [
            {
                "name": row.name,
                "code": row.code,
                "kind": row.kind,
                "company_id": company.id,
                "analytic_account_id": account.id,
            }
            for row, account in zip(rows.values(), accounts, strict=True)
        ]
    )
    for department, account, row in zip(
        departments, accounts, rows.values(), strict=True
    ):
        for record in (department, account):
            record.update_field_translations(
                "name", {"en_US": row.name, "zh_CN": row.name_zh}
            )
        if row.kind != "store":
            # A location's name cannot be translated: it bears both.
            places = department.stock_location_id | department.consumption_location_id
            places.name = f"{row.code} {row.name_zh}"
    return dict(zip(rows, departments, strict=True))


def _issue_route(env, departments):
    """Store to department: a transfer that serves a department's reorder rule."""
    store = departments["STORE"]
    warehouse = store.warehouse_id
    issue_type = warehouse.med_issue_type_id
    issue_type.with_context(lang="zh_CN").name = "科室发放"
    route = env["stock.route"].create(
        {
            "name": "Issued by the central store",
            "company_id": store.company_id.id,
            "product_selectable": False,
            "rule_ids": [
                Command.create(
                    {
                        "name": f"STORE → {code}",
                        "action": "pull",
                        "procure_method": "make_to_stock",
                        "location_src_id": store.stock_location_id.id,
                        "location_dest_id": department.stock_location_id.id,
                        "location_dest_from_rule": True,
                        "picking_type_id": issue_type.id,
                        "warehouse_id": warehouse.id,
                        "company_id": store.company_id.id,
                    }
                )
                for code, department in departments.items()
                if department != store
            ],
        }
    )
    route.with_context(lang="zh_CN").name = "中心库发放"


def _direct_route(env, departments, catalogue):
    """Supplier to department: its own receipts, for items that bypass the store."""
    rows = catalogue.departments()
    direct = [code for code, row in rows.items() if row.supplied == "direct"]
    store = departments["STORE"]
    warehouse = store.warehouse_id
    types = env["stock.picking.type"].create(
        [
            {
                "name": f"{code}: receipts",
                "code": "incoming",
                "sequence_code": f"IN{code}",
                "warehouse_id": warehouse.id,
                "company_id": store.company_id.id,
                "default_location_dest_id": departments[code].stock_location_id.id,
            }
            for code in direct
        ]
    )
    for code, type_ in zip(direct, types, strict=True):
        type_.with_context(lang="zh_CN").name = f"{rows[code].name_zh}直送收货"
    route = env["stock.route"].create(
        {
            "name": "Delivered to the department",
            "company_id": store.company_id.id,
            "product_selectable": False,
            "rule_ids": [
                Command.create(
                    {
                        "name": f"Supplier → {code}",
                        "action": "buy",
                        "location_dest_id": departments[code].stock_location_id.id,
                        "picking_type_id": type_.id,
                        "warehouse_id": warehouse.id,
                        "company_id": store.company_id.id,
                    }
                )
                for code, type_ in zip(direct, types, strict=True)
            ],
        }
    )
    route.with_context(lang="zh_CN").name = "供应商直送科室"


def route(env, kind):
    """The route of a department's rule: ``pull`` from the store or ``buy``."""
    store_buys = env["stock.warehouse"].search([], limit=1).buy_pull_id.route_id
    return (
        env["stock.rule"]
        .search(
            [
                ("action", "=", kind),
                ("location_dest_id.usage", "=", "internal"),
                ("route_id", "!=", store_buys.id),
                (
                    "location_dest_id",
                    "in",
                    env["med.department"].search([]).stock_location_id.ids,
                ),
            ],
            limit=1,
        )
        .route_id
    )

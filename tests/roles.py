"""Five people of the hospital: what each must see, and what stays closed to them."""

from dataclasses import dataclass

APP = "med_consumables.menu_root"


def of(addon, *names):
    """Xml ids of menu items."""
    return {f"{addon}.menu_{name}" for name in names}


# What everybody with a login has, whatever their work.
COMMON_APPS = {
    APP,
    "mail.menu_root_discuss",
    "spreadsheet_dashboard.spreadsheet_dashboard_menu_root",
}
REQUESTS_APP = "purchase_request.parent_menu_purchase_request"
PURCHASE_APP = "purchase.menu_purchase_root"
STOCK_APP = "stock.menu_stock_root"

USE = of("med_consumables", "record_use", "consumption", "scan_lookup", "items")
# What a ward works with, and the store with it.
WARD = of(
    "med_consumables",
    "adverse_events",
    "daily_check",
    "implants",
    "incidents",
    "item_changes",
    "loaners",
    "loans",
    "packs",
    "recalled_units",
    "recalls",
    "redistribution",
    "requisition",
    "stock_holds",
    "stock_overview",
    "substitutes",
    "ward_counts",
)
STORE = of(
    "med_consumables",
    "catalogue_decisions",
    "certificates",
    "closing",
    "closing_lines",
    "consigned_stock",
    "consignment_settlement",
    "count_accuracy",
    "counting",
    "data_faults",
    "data_quality",
    "history",
    "import",
    "leakage",
    "level_proposals",
    "lots",
    "overrides",
    "pack_templates",
    "pieces",
    "quants",
    "requisition_departments",
    "requisition_items",
    "requisition_templates",
    "requisition_to_issue",
    "scan_count",
    "scrap",
    "temporary_purchases",
    "transfers",
    "udi",
    "ward_rounds",
)
CASES = of("med_consumables", "preference_cards", "planned_use", "cases", "case_use")
# What those who buy see of the ground floor.
GOODS = of("med_consumables", "certificates", "consignment_settlement")
ALERTS = of(
    "med_alerts",
    "my_alerts",
    "all_alerts",
    "alert_trace",
    "alert_deliveries",
    "alert_absences",
)
SUPPLIERS = of("med_replenishment", "supplier_performance", "supply_lines")
PLANNING = of(
    "med_replenishment",
    "proposals",
    "orderpoints",
    "demand",
    "one_offs",
    "special_needs",
    "plan_pool",
    "item_classes",
    "dead_stock",
)
REPORTS = of("med_analytics", "consumption_report", "consumption_export")
BUYING = of(
    "med_purchase", "my_approvals", "purchase_requests", "rfqs", "orders", "contracts"
)

HIS_ACTIONS = {
    "med_his_connector.med_his_channel_action",
    "med_his_connector.med_his_message_action",
}
HIS_MODELS = {"med.his.channel", "med.his.message", "med.his.code"}
BUDGET_MODELS = {"med.budget", "med.budget.line"}


@dataclass(frozen=True)
class Role:
    """What one person must see, and what must stay closed to them."""

    login: str
    items: set  # of the menu, all of them
    start: str  # the item of the picture, where records of their work must be
    apps: set  # beside those of everybody
    closed: set  # actions of others
    unread: set  # models that they may not read


ROLES = [
    Role(
        login="ward",
        items=USE | ALERTS | WARD | CASES | of("med_consumables", "scan_use"),
        start="med_consumables.menu_consumption",
        apps=set(),
        closed=HIS_ACTIONS
        | {
            "med_analytics.consumption_report_action",
            "med_budget.med_budget_action",
            "purchase.purchase_form_action",
        },
        unread=HIS_MODELS
        | BUDGET_MODELS
        | {"med.consumption.report", "purchase.order", "purchase.request"},
    ),
    Role(
        login="store",
        items=USE
        | ALERTS
        | REPORTS
        | WARD
        | STORE
        | CASES
        | PLANNING
        | SUPPLIERS
        | of("med_consumables", "procedure_kinds")
        | of("med_alerts", "alert_quality")
        | of("med_his_connector", "stock_by_others", "use_against_charge")
        | of("med_purchase", "purchase_requests", "receipts"),
        start="med_consumables.menu_quants",
        apps={REQUESTS_APP, STOCK_APP},
        closed=HIS_ACTIONS | {"med_budget.med_budget_action"},
        unread=HIS_MODELS | BUDGET_MODELS,
    ),
    Role(
        login="buyer",
        items=BUYING
        | ALERTS
        | GOODS
        | SUPPLIERS
        | of("med_purchase", "to_order")
        | of("med_budget", "budget_lines", "budgets", "budget_analysis"),
        start="med_purchase.menu_orders",
        apps={REQUESTS_APP, PURCHASE_APP},
        closed=HIS_ACTIONS
        | {
            "med_analytics.consumption_report_action",
            "med_consumables.med_consumption_action",
        },
        unread=HIS_MODELS | {"med.consumption", "med.consumption.report"},
    ),
    Role(
        login="approver",
        items=BUYING | GOODS | SUPPLIERS | of("med_budget", "budget_lines", "budgets"),
        start="med_purchase.menu_orders",
        apps={PURCHASE_APP},
        closed=HIS_ACTIONS
        | {
            "med_analytics.consumption_report_action",
            "med_consumables.med_consumption_action",
        },
        unread=HIS_MODELS | {"med.consumption", "med.consumption.report"},
    ),
    Role(
        login="finance",
        items=REPORTS
        | ALERTS
        | of("med_budget", "budget_lines", "budgets", "budget_analysis")
        | of("med_budget", "budget_orders", "budget_overrides")
        | of("med_consumables", "closing"),
        start="med_budget.menu_budget_lines",
        apps=set(),
        closed=HIS_ACTIONS | {"med_replenishment.med_reorder_proposal_action"},
        unread=HIS_MODELS | {"med.reorder.proposal", "med.service.policy"},
    ),
]

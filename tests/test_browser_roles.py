"""Five people log in: each sees their work and no more.

Each opens every item of their menu in a browser, as on a first day, and then tries the
addresses of others. This visit is made once per person, and several tests judge what
came of it. What they saw is kept as pictures, in Chinese, in ``$MED_HOME/screenshots``.
"""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError as TookTooLong
from rpc import RpcError

PICTURES = Path(os.environ["MED_HOME"]) / "screenshots"
PATIENCE = 90_000  # milliseconds; the first page of a fresh database compiles assets
QUIET = 6  # looks, 50 ms apart
STILL = 600  # milliseconds, until charts and dialogs stand still

APP = "med_consumables.menu_root"
SCREEN = (
    ".o_action_manager .o_view_controller, .o_med_point_of_use, .modal .o_form_view"
)
REFUSED = ".modal:has-text('访问错误')"
RECORD = ".o_data_row, .o_kanban_record:not(.o_kanban_ghost)"
FAILED = (
    ".o_error_dialog, .modal-header:has-text('错误'), .o_notification_bar.bg-danger"
)


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
        | of("med_budget", "budget_lines", "budgets", "budget_analysis")
        | of("med_budget", "budget_orders", "budget_overrides")
        | of("med_consumables", "closing"),
        start="med_budget.menu_budget_lines",
        apps=set(),
        closed=HIS_ACTIONS | {"med_replenishment.med_reorder_proposal_action"},
        unread=HIS_MODELS | {"med.reorder.proposal", "med.alert.rule"},
    ),
]


@dataclass
class Visit:
    """What one person met."""

    role: Role
    apps: set = field(default_factory=set)
    screens: dict = field(default_factory=dict)  # item -> what went wrong, mostly []
    brand: str = ""  # what the app is called
    records: int = 0  # on the screen of the picture
    let_in: set = field(default_factory=set)  # addresses of others that opened


@pytest.fixture(scope="module", params=ROLES, ids=lambda role: role.login)
def visit(request, browser, odoo_server):
    context = browser.new_context(
        base_url=odoo_server.url, viewport={"width": 1600, "height": 900}
    )
    page = watched(context.new_page())
    log_in(page, request.param.login)
    made = Visit(request.param, apps=set(apps(page)))
    look_around(page, made)
    try_addresses_of_others(page, made)
    context.close()
    return made


def log_in(page, login):
    page.goto("/web/login")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", login)
    page.click("form.oe_login_form button[type=submit]")
    page.wait_for_selector(".o_web_client .o_main_navbar")


def look_around(page, made):
    """Open every item of the medical app, as a person would: list by list."""
    page.keyboard.press("Escape")
    page.goto(apps(page)[APP])
    page.wait_for_selector(f".o_menu_brand[data-menu-xmlid='{APP}']")
    settle(page)
    made.brand = page.locator(".o_menu_brand").inner_text()
    for section in page.locator(".o_menu_sections [data-menu-xmlid]").all():
        leave_question(page)
        if section.get_attribute("href"):  # a section of one item is that item
            section.click()
            look_at(page, made, section.get_attribute("data-menu-xmlid"))
            continue
        section.click()
        for xml_id in addresses(page):
            if not page.locator(".o-dropdown--menu").count():
                section.click()
            page.click(f".o-dropdown--menu [data-menu-xmlid='{xml_id}']")
            look_at(page, made, xml_id)


def look_at(page, made, xml_id):
    """What is on the screen that this item opened, and on a picture of it."""
    settle(page)
    try:  # the first graph waits for its library, which is no question to the server
        page.locator(SCREEN).first.wait_for()
        settle(page)
        wrong = []
    except TookTooLong:
        wrong = ["nothing opened"]
    wrong += page.locator(FAILED).all_inner_texts()
    wrong += page.errors
    page.errors.clear()
    made.screens[xml_id] = wrong
    page.wait_for_timeout(STILL)
    picture(page, f"{made.role.login}-{xml_id.partition('.menu_')[2]}")
    if xml_id == made.role.start:
        made.records = page.locator(RECORD).count()
        picture(page, made.role.login)
    leave_question(page)


def try_addresses_of_others(page, made):
    for action in sorted(made.role.closed):
        page.goto(f"/odoo/action-{action}")
        page.wait_for_selector(f"{REFUSED}, {SCREEN}")
        if not page.locator(REFUSED).count() or page.locator(RECORD).count():
            made.let_in.add(action)


# --- The browser ---------------------------------------------------------------------


def watched(page):
    """The page, which now keeps what it complains of and what it asks the server."""
    page.set_default_timeout(PATIENCE)
    page.errors, page.asked = [], set()

    def ask(request):
        if request.resource_type in ("fetch", "xhr"):
            page.asked.add(request)

    def answered(request):
        page.asked.discard(request)

    def complain(said):
        if said.type == "error":
            page.errors.append(said.text)

    page.on("request", ask)
    page.on("requestfinished", answered)
    page.on("requestfailed", answered)
    page.on("console", complain)
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    return page


def settle(page):
    """Until the page has asked the server for nothing for a while, or for too long."""
    quiet, latest = 0, time.monotonic() + PATIENCE / 1000
    while quiet < QUIET and time.monotonic() < latest:
        page.wait_for_timeout(50)
        quiet = 0 if page.asked else quiet + 1


def leave_question(page):
    """Some screens are a question; nobody needs to answer it."""
    while page.locator(".modal").count():
        page.locator(".modal-header .btn-close").last.click()
        page.wait_for_timeout(100)


def apps(page):
    """What the list of apps offers: ``{xml id: address}``."""
    settle(page)
    leave_question(page)
    page.click(".o_navbar_apps_menu button")
    return addresses(page)


def addresses(page):
    """The open list of menu items: ``{xml id: address}``."""
    page.wait_for_selector(".o-dropdown--menu [data-menu-xmlid]")
    return {
        item.get_attribute("data-menu-xmlid"): item.get_attribute("href")
        for item in page.locator(".o-dropdown--menu [data-menu-xmlid]").all()
    }


def picture(page, name):
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")


# --- What must hold ------------------------------------------------------------------


def test_each_sees_the_apps_of_their_work_and_no_more(visit):
    assert visit.apps == COMMON_APPS | visit.role.apps


def test_each_sees_the_menu_of_their_work_and_no_more(visit):
    assert set(visit.screens) == visit.role.items


def test_every_screen_of_their_work_opens_without_an_error(visit):
    assert {item: wrong for item, wrong in visit.screens.items() if wrong} == {}


def test_each_finds_records_of_their_work_in_chinese(visit):
    assert visit.brand == "医用耗材"
    assert visit.records > 0


def test_addresses_of_others_are_refused(visit):
    assert visit.let_in == set()


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.login)
def test_records_of_others_are_refused_to_programs_too(role, rpc):
    for model in sorted(role.unread):
        with pytest.raises(RpcError) as refusal:
            rpc(role.login)(model, "search_read", [], ["id"], limit=1)
        assert refusal.value.name == "odoo.exceptions.AccessError", model


def test_a_nurse_reads_the_lines_of_her_own_department_alone(rpc):
    for model in ("med.consumption", "med.alert", "med.demand.day"):
        lines = rpc("ward")(model, "search_read", [], ["department_id"])
        departments = {line["department_id"][1] for line in lines}
        assert departments <= {"[ICU] 重症医学科"}, model

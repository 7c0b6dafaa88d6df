"""Five people log in: each sees their work and no more.

Each opens every item of their menu in a browser, as on a first day, and then tries the
addresses of others. This visit is made once per person, and several tests judge what
came of it. What they saw is kept as pictures, in Chinese, in ``$MED_HOME/screenshots``.
"""

from dataclasses import dataclass, field

import pytest
from browsing import addresses, apps, leave_question, picture, settle, watched
from playwright.sync_api import TimeoutError as TookTooLong
from roles import APP, COMMON_APPS, ROLES, Role
from rpc import RpcError

STILL = 600  # milliseconds, until charts and dialogs stand still
SCREEN = (
    ".o_action_manager .o_view_controller, .o_med_point_of_use, .modal .o_form_view"
)
REFUSED = ".modal:has-text('访问错误')"
RECORD = ".o_data_row, .o_kanban_record:not(.o_kanban_ghost)"
FAILED = (
    ".o_error_dialog, .modal-header:has-text('错误'), .o_notification_bar.bg-danger"
)


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

"""Fixtures of the tests across addons: a hospital, its processes, its people.

Nothing here loads Odoo: the tests see what a hospital sees, over sockets, HTTP, a
browser and SQL. Databases and processes last for one test file.
"""

import os
import re
import subprocess

import pytest
import templates
from processes import Gateway, OdooServer, chromium, eventually
from rpc import Client

PROCESSES = pytest.StashKey[list]()
FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="module")
def hospital_db(request):
    """A fresh copy of the demonstration hospital: ``.name``, ``.data_dir``."""
    templates.ensure("hospital")
    purpose = re.sub(r"\W", "_", request.module.__name__)[:30]
    database = templates.copy_of("hospital", purpose)
    yield database
    if not os.environ.get("KEEP"):
        database.drop()


@pytest.fixture(scope="module")
def processes(request):
    """Where processes are entered to be stopped, and told of when a test fails."""
    started = []
    request.node.stash[PROCESSES] = started
    yield started
    for process in reversed(started):
        process.stop()


@pytest.fixture(scope="module")
def odoo_server(hospital_db, processes):
    """The real server, with its cron threads: ``.url``, ``.stop()``, ``.kill()``."""
    server = OdooServer(hospital_db)
    processes.append(server)
    return server


@pytest.fixture(scope="module")
def mllp_gateway(hospital_db, processes):
    """The real gateway: ``.port``, ``.send(message, ...)`` -> answers."""
    gateway = Gateway(hospital_db)
    processes.append(gateway)
    return gateway


@pytest.fixture(scope="module")
def rpc(odoo_server, hospital_db):
    """``rpc("buyer")("purchase.order", "read", ids)``: what a role may do."""
    clients = {}

    def client(login, password=None):
        if login not in clients:
            clients[login] = Client(
                odoo_server.url, hospital_db, login, password or login
            )
        return clients[login]

    return client


@pytest.fixture(scope="module")
def sql(hospital_db):
    """``sql("SELECT ...", values)`` -> rows, each query in its own transaction."""

    def query(statement, values=None):
        return templates.rows(hospital_db, statement, values)

    return query


@pytest.fixture(scope="module")
def dump(hospital_db):
    """``dump()`` -> every row of the database as bytes, to look for what must not be
    there."""

    def dumped():
        command = ["pg_dump", "--data-only", "--inserts", hospital_db.name]
        return subprocess.run(command, capture_output=True, check=True).stdout

    return dumped


@pytest.fixture(name="eventually")
def eventually_fixture():
    """``eventually(lambda: ..., seconds=30, what="the alert")``."""
    return eventually


@pytest.fixture(scope="module")
def browser():
    """The system's Chromium; without one the test is skipped, but never in CI."""
    executable = chromium()
    if not executable:
        missing = "no Chromium on this machine"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Root, and most containers, cannot have Chromium's sandbox.
        opened = playwright.chromium.launch(
            executable_path=executable, chromium_sandbox=False
        )
        yield opened
        opened.close()


@pytest.fixture
def page_as(browser, odoo_server, request):
    """``page_as("buyer")`` -> a page of that person, logged in; ``page.errors`` holds
    what the page's script complained of."""
    contexts = []

    def page_of(login, password=None):
        context = browser.new_context(
            base_url=odoo_server.url, viewport={"width": 1366, "height": 900}
        )
        contexts.append(context)
        page = context.new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.goto("/web/login")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", password or login)
        page.click("form.oe_login_form button[type=submit]")
        page.wait_for_selector(".o_web_client .o_main_navbar", timeout=90_000)
        return page

    yield page_of
    for number, context in enumerate(contexts):
        if request.node.stash.get(FAILED, False):
            for page in context.pages:
                page.screenshot(
                    path=templates.LOGS / f"{request.node.name}-{number}.png"
                )
        context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test also shows the last lines of the processes it worked with."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
        for process in item.getparent(pytest.Module).stash.get(PROCESSES, []):
            report.sections.append((f"log of {process.name}", process.tail()))
    return report

"""A page as a person uses it: wait until it is still, find the menu, take a picture."""

import os
import time
from pathlib import Path

PICTURES = Path(os.environ["MED_HOME"]) / "screenshots"
PATIENCE = 90_000  # milliseconds; the first page of a fresh database compiles assets
QUIET = 6  # looks, 50 ms apart


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

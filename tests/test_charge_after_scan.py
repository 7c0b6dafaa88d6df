"""A nurse scans, the hospital's system is told, and the nurse sees whether it took it.

In a browser of the size of a phone, with a listener of our own as the other system.
"""

import os
import socket
import threading
from pathlib import Path

import pytest
from processes import Worker

PICTURES = Path(os.environ["MED_HOME"]) / "screenshots"
PATIENCE = 90_000  # milliseconds; the first page of a fresh database compiles assets
SCREEN = ".o_med_point_of_use"
SENT = f"{SCREEN} .o_point_of_use_sent .o_scan_card"
WRISTBAND = "VISIT4711"

SET_UP = """
env["med.his.channel"].create({
    "name": "Charges to the HIS", "code": "TOLD", "transport": "out_mllp",
    "out_host": "127.0.0.1", "out_port": %(port)s, "out_tls": False,
    "sends_charges": True,
})
env["product.product"].browse(%(product)s).write(
    {"med_chargeable": True, "med_charge_code": "CHARGE-1"}
)
env.cr.commit()
"""


class Receiver(threading.Thread):
    """The hospital's system: answers each message with ``code``."""

    def __init__(self):
        super().__init__(daemon=True)
        self.code, self.messages = "AA", []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                line, _peer = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.converse, args=[line], daemon=True).start()

    def converse(self, line):
        waiting = b""
        with line:
            while chunk := line.recv(65536):
                waiting += chunk
                while b"\x1c\r" in waiting:
                    message, _, waiting = waiting.partition(b"\x1c\r")
                    self.messages.append(message.lstrip(b"\x0b"))
                    line.sendall(self.answer(self.messages[-1]))

    def answer(self, message):
        own_id = message.split(b"\r")[0].split(b"|")[9].decode()
        text = (
            f"MSH|^~\\&|HIS|H|MED|M|20260101||ACK|1|P|2.5\rMSA|{self.code}|{own_id}\r"
        )
        return b"\x0b" + text.encode() + b"\x1c\r"


@pytest.fixture(scope="module")
def receiver():
    listening = Receiver()
    yield listening
    listening.socket.close()


@pytest.fixture(scope="module")
def code(rpc, receiver, hospital_db, processes):
    """The barcode of an item of the nurse's shelf that can be charged."""
    ask = rpc("ward")
    (department, *_) = ask("med.point.of.use", "open_screen")["departments"]
    for item in ask("med.point.of.use", "take_along", department["id"])["items"]:
        codes = [c for c, units in item["codes"] if units == 1 and len(c) == 14]
        lots = [lot for lot in item["lots"] if not lot["held"]]
        if codes and lots:
            break
    else:
        raise AssertionError("the demonstration hospital has nothing to scan here")
    values = {"port": receiver.port, "product": item["product_id"]}
    making = Worker("told", hospital_db, SET_UP % values)
    processes.append(making)
    making.finish()
    return f"01{codes[0]}10{lots[-1]['name']}"


@pytest.fixture
def page(browser, odoo_server):
    context = browser.new_context(
        base_url=odoo_server.url, viewport={"width": 360, "height": 740}
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto("/web/login")
    page.fill("input[name=login]", "ward")
    page.fill("input[name=password]", "ward")
    page.click("form.oe_login_form button[type=submit]")
    page.wait_for_selector(".o_main_navbar")
    yield page
    context.close()


def use(page, code):
    """Scan a wristband and an item, and confirm."""
    page.goto("/odoo/scan-use")
    page.click(f"{SCREEN} .o_expect_wristband")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.type(WRISTBAND)
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{SCREEN} .o_visit")
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{SCREEN} .o_point_of_use_open .o_scan_card")
    page.click(f"{SCREEN} .o_point_of_use_confirm")
    page.wait_for_selector(SENT)


def picture(page, name):
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"charge-{name}.png")


def test_the_nurse_sees_that_the_charge_arrived(page, code, receiver):
    receiver.code = "AA"
    use(page, code)
    page.wait_for_selector(f"{SENT} .o_scan_fate.text-bg-success")
    picture(page, "arrived")
    charge = receiver.messages[-1].decode()
    assert "|CG|CHARGE-1" in charge
    assert WRISTBAND in charge


def test_the_nurse_sees_that_the_charge_was_refused(page, code, receiver):
    receiver.code = "AE"
    use(page, code)
    page.wait_for_selector(f"{SENT} .o_scan_fate.text-bg-danger")
    page.wait_for_selector(f"{SCREEN} .o_point_of_use_notice")
    picture(page, "refused")

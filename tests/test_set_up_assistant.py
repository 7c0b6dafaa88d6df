"""The set-up assistant in a browser, as whoever looks after interfaces: from a pasted
message with unknown codes to a channel that is live."""

import time

import pytest

MESSAGE = "\n".join(
    (
        r"MSH|^~\&|LIS|YUNXI|MED|STORE|{day}101500||DFT^P03|SETUP1|P|2.4",
        "PID|1||P4711^^^YUNXI^MR||张三||19700101|F",
        "PV1|1|I|SETUP-WARD",
        "FT1|1|SETUP1||{day}090000||CG|SETUP-ITEM|||2|||SETUP-WARD",
    )
)
WAIT = 90_000


@pytest.fixture
def channel(rpc):
    """A channel that is for tests, with what it is made of unknown to it."""
    values = {"name": "Set-up", "code": "SET-UP", "plaintext": True, "test_mode": True}
    number = rpc("his")("med.his.channel", "create", values)
    yield number
    rpc("his")("med.his.channel", "write", [number], {"active": False})


def choose(page, field, text):
    """Pick from a many2one of the dialog."""
    box = page.locator(f".modal div[name={field}] input")
    box.fill(text)
    page.locator(".o-autocomplete--dropdown-item", has_text=text).first.click()


def map_next(page, field, text, left):
    page.locator("button[name=action_map]:visible").first.click()
    page.locator(f".modal div[name={field}] input").wait_for(timeout=WAIT)
    choose(page, field, text)
    page.locator(".modal .o_form_button_save").click()
    page.locator(".modal").wait_for(state="detached", timeout=WAIT)
    # The message is read again by itself.
    rows = page.locator("div[name=line_ids] .o_data_row.text-danger")
    deadline = time.monotonic() + WAIT / 1000
    while rows.count() != left:
        assert time.monotonic() < deadline, "the code is still unknown"
        page.wait_for_timeout(200)


def test_from_a_pasted_message_to_a_live_channel(page_as, rpc, sql, channel):
    page = page_as("his")
    page.goto("/odoo/med-interface-assistant")
    page.locator("div[name=channel_id] input").fill("Set-up")
    page.locator(".o-autocomplete--dropdown-item", has_text="Set-up").first.click()
    day = time.strftime("%Y%m%d", time.localtime(time.time() - 86400))
    page.locator("div[name=content] textarea").fill(MESSAGE.format(day=day))
    page.locator("button[name=action_read]").click()
    page.locator("button[name=action_map]:visible").nth(1).wait_for(timeout=WAIT)
    shown = page.locator("div[name=line_ids]").inner_text()
    assert "SETUP-ITEM" in shown
    assert "张三" not in shown and "P4711" not in shown

    before = sql("SELECT count(*) FROM med_consumption")
    page.locator("button[name=action_try]").click()
    failed = page.locator(".alert-warning div[name=outcome]")
    failed.wait_for(timeout=WAIT)
    assert "SETUP-ITEM" in failed.inner_text()
    assert not page.locator("button[name=action_go_live]").is_visible()

    map_next(page, "product_id", "HC0102", left=1)
    map_next(page, "department_id", "DIAL", left=0)
    page.locator("button[name=action_try]").click()
    outcome = page.locator(".alert-success div[name=outcome]")
    outcome.wait_for(timeout=WAIT)
    assert "HC0102" in outcome.inner_text() and "DIAL" in outcome.inner_text()
    assert sql("SELECT count(*) FROM med_consumption") == before

    page.locator("button[name=action_go_live]").click()
    page.locator(".modal .btn-primary").click()
    page.locator("div[name=tls_client_names], div[name=port]").first.wait_for(
        timeout=WAIT
    )
    (live,) = rpc("his")("med.his.channel", "read", [channel], ["active", "test_mode"])
    assert (live["active"], live["test_mode"]) == (True, False)
    assert page.errors == []

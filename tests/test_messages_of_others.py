"""Messages that no demonstration made: other makers' charges, and simply wrong ones.

Real server, gateway and database. Whatever comes is kept and explained; what can be
mapped is mapped and posted, and no name of a patient stays.
"""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

SAMPLES = Path(__file__).parent / "data" / "hl7"
# Charges from four makers' systems; licence and source of each in SOURCES.md.
CHARGES = (
    "cosyte_canonical_dft-p03-charge",
    "ms_DFT-P03-01",
    "lfh_Hl7FinancialInsuranceTest_1",
    "hapi_AbstractMessageTest_RAS_O17_1",
)


@pytest.fixture(scope="module")
def channel(rpc):
    """The demonstration's channel, made to take samples that are years old."""
    [channel] = rpc("his")("med.his.channel", "search", [("code", "=", "DEMO")])
    rpc("admin")(
        "med.his.channel",
        "write",
        [channel],
        {
            "test_mode": True,
            "oldest_days": 36500,
            "empty_quantity": "one",
            "department_id": _icu(rpc),
        },
    )
    return channel


def _icu(rpc):
    [icu] = rpc("his")("med.department", "search", [("code", "=", "ICU")])
    return icu


@pytest.fixture(scope="module")
def meanings(rpc):
    """What an operator maps an unknown code to, by the reason of the exception."""
    [product] = rpc("store")(
        "product.product",
        "search",
        [("med_consumable", "=", True), ("tracking", "=", "lot")],
        limit=1,
    )
    return {
        "unknown_item": {"kind": "item", "product_id": product},
        "unknown_department": {"kind": "department", "department_id": _icu(rpc)},
        "unknown_unit": {"kind": "unit", "ignored": True},
    }


@pytest.mark.parametrize("sample", CHARGES)
def test_a_real_charge_is_kept_explained_mapped_and_posted(
    sample, channel, meanings, mllp_gateway, rpc, sql, eventually
):
    his = rpc("his")
    known = {row[0] for row in sql("SELECT id FROM med_his_message")}
    [answer] = mllp_gateway.send((SAMPLES / f"{sample}.hl7").read_bytes())
    assert b"MSA|AA|" in answer or b"MSA|CA|" in answer
    [stored] = {row[0] for row in sql("SELECT id FROM med_his_message")} - known

    def looked_at():
        [row] = his(
            "med.his.message", "read", [stored], ["state", "error_code", "cause_code"]
        )
        return row if row["state"] != "received" else None

    row = eventually(looked_at, what="the message")
    assert row["state"] == "exception"
    for _attempt in range(12):
        if row["state"] != "exception":
            break
        assert row["error_code"] in meanings, row
        meaning = meanings[row["error_code"]]
        his(
            "med.his.code",
            "create",
            {"channel_id": channel, "code": row["cause_code"], **meaning},
        )
        his("med.his.message", "action_retry", [stored])
        row = eventually(looked_at, what="the retry")
    assert row["state"] == "processed", row
    assert sql("SELECT id FROM med_consumption WHERE his_message_id = %s", [stored])


# ---- wrong input ------------------------------------------------------------


def _charge(number, item, department="ICU", quantity="1"):
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    moment = f"{now - timedelta(minutes=5):%Y%m%d%H%M%S}"
    return "\r".join(
        (
            f"MSH|^~\\&|HIS|YUNXI|MED|YUNXI|{moment}||DFT^P03^DFT_P03|WRONG{number}|P"
            "|2.5.1|||||CHN|UNICODE UTF-8",
            f"EVN|P03|{moment}",
            "PID|1||DEMO999999^^^YUNXI^MR||模拟患者九九^^^^^^L||19300101|F",
            f"PV1|1|I|{department}^^01^YUNXI||||||||||||||||V999999",
            f"FT1|1|TW{number}||{moment}||CG|{item}^Something^HIS|||{quantity}|1.00"
            f"|1.00|{department}^^|||{department}^^^YUNXI",
            "",
        )
    ).encode()


@pytest.fixture(scope="module")
def known_item(rpc):
    [row] = rpc("store")(
        "product.product",
        "search_read",
        [("med_charge_code", "!=", False), ("tracking", "=", "lot")],
        ["med_charge_code"],
        limit=1,
    )
    return row["med_charge_code"]


@pytest.mark.parametrize(
    ("number", "wrong", "code"),
    [
        (1, {"item": "NO-SUCH-ITEM"}, "unknown_item"),
        (2, {"department": "NO-SUCH-WARD"}, "unknown_department"),
        (3, {"quantity": "two"}, "bad_quantity"),
        (4, {"quantity": "1e9"}, "bad_quantity"),
    ],
)
def test_wrong_content_is_kept_with_its_reason_and_posts_nothing(
    number, wrong, code, known_item, mllp_gateway, rpc, sql, eventually
):
    lines = sql("SELECT count(*) FROM med_consumption")
    [answer] = mllp_gateway.send(_charge(number, **{"item": known_item, **wrong}))
    assert b"MSA|AA|WRONG%d" % number in answer

    def kept():
        return rpc("his")(
            "med.his.message",
            "search_read",
            [("control_id", "=", f"WRONG{number}"), ("state", "!=", "received")],
            ["state", "error_code", "error_position"],
        )

    [row] = eventually(kept, what="the exception")
    # What no mapping here can mend is a dead letter, the rest waits for a person.
    assert row["state"] == ("dead" if code == "bad_quantity" else "exception")
    assert row["error_code"] == code
    assert row["error_position"]
    assert sql("SELECT count(*) FROM med_consumption") == lines


def test_garbage_is_refused_and_the_next_message_is_taken(
    known_item, mllp_gateway, sql
):
    with mllp_gateway.connect() as connection:
        connection.sendall(b"\x00\xff GET / HTTP/1.1\r\n\r\n" * 50)
    [answer] = mllp_gateway.send(b"\xde\xad\xbe\xef no message at all")
    assert b"MSA|AA" not in answer
    [answer] = mllp_gateway.send(_charge(9, item=known_item))
    assert b"MSA|AA|WRONG9" in answer
    [(count,)] = sql(
        "SELECT count(*) FROM med_his_message WHERE control_id = %s", ["WRONG9"]
    )
    assert count == 1


def test_no_name_of_a_patient_is_in_the_database(dump):
    """Nor those of the samples above."""
    for name in ("模拟患者", "DEMO999999", "EVERYMAN", "Everyman"):
        assert name.encode() not in dump(), name

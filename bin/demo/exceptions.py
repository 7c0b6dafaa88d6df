"""What waits on the exceptions desk: messages that cannot be recorded yet."""

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

from odoo import fields
from odoo.addons.med_his_connector.core.inbox import Arrival

from . import interface

CHANNEL = "DEMO-CAB"
NEW_ITEM = "339000777"  # bought last week, and nobody has mapped its code
CLOSED_WARD = "8888"
#: Department's key in the catalogue, code of the item (None: a known one), quantity.
CHARGES = (
    ("ICU", NEW_ITEM, "2"),
    ("ICU", NEW_ITEM, "1"),
    ("ER", NEW_ITEM, "4"),
    ("OR", NEW_ITEM, "1"),
    (None, None, "2"),
    ("ER", None, "1,5"),
)


def set_up(env, company, departments, known, port, time_zone):
    """``known`` is a code of an item that the channel maps."""
    channel = _channel(env, company, departments, known, port, time_zone)
    now = fields.Datetime.now().replace(tzinfo=UTC).astimezone(ZoneInfo(time_zone))
    messages = [
        *_charges(known, now),
        _refund(known, now),
    ]
    env["med.his.message"]._accept(
        [Arrival(channel._receiver(), "127.0.0.1", message) for message in messages]
    )
    env["med.his.message"]._process()


def _channel(env, company, departments, known, port, time_zone):
    """The gateway leaves it alone: it allows no plaintext and has no certificate."""
    code, product, factor = known
    channel = env["med.his.channel"].create(
        {
            "name": "Ward cabinets (demonstration)",
            "code": CHANNEL,
            "company_id": company.id,
            "host": "127.0.0.1",
            "port": port + 2,
            "tz": time_zone,
        }
    )
    interface.name(channel, "病区智能柜（演示）")
    env["med.his.code"].create(
        [
            {
                "channel_id": channel.id,
                "kind": "department",
                "code": ward,
                "department_id": departments[ward].id,
            }
            for ward in ("ICU", "ER", "OR")
        ]
        + [
            {
                "channel_id": channel.id,
                "kind": "item",
                "code": code,
                "product_id": product.id,
                "factor": factor,
            }
        ]
    )
    env["med.his.mapping"]._complete(channel)
    return channel


def _charges(known, now):
    for number, (ward, item, quantity) in enumerate(CHARGES, start=1):
        moment = now - timedelta(minutes=10 * number)
        stamp = f"{moment:%Y%m%d%H%M%S}"
        yield _message(
            "DFT^P03",
            f"CAB{now:%y%m%d}{number:02}",
            stamp,
            "PV1|1|I|" + "|" * 16 + f"V71{number:02}",
            f"FT1|1|CAB{stamp}-{number}||{stamp}||CG|{item or known[0]}|||{quantity}"
            f"|||{ward or CLOSED_WARD}",
        )


def _refund(known, now):
    """A refund whose charge has not come: it waits for it."""
    stamp = f"{now - timedelta(minutes=5):%Y%m%d%H%M%S}"
    return _message(
        "RAS^O17",
        f"CAB{now:%y%m%d}90",
        stamp,
        "PV1|1|I|" + "|" * 16 + "V7190",
        f"ORC|CA|R-{stamp}|||||||{stamp}" + "|" * 8 + "ICU|||^^^R-LATE",
        f"RXO|{known[0]}|1",
    )


def _message(kind, control_id, stamp, *segments):
    header = f"MSH|^~\\&|CABINET|DEMO|SUPPLY|DEMO|{stamp}||{kind}|{control_id}|P|2.5"
    return "\r".join((header, *segments, "")).encode()

"""The theatre's schedule, its preference cards, and what another system's masters say.

Past cases of the catheter laboratory and the theatre teach cards; two cards are in
force, a learned one waits for approval. The coming week's appointments arrive as SIU
messages, an item master as MFN, admissions as ADT, on a channel of their own.
"""

import hashlib
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from odoo.addons.med_his_connector.core.inbox import Arrival

from . import catalogue, interface

CHANNEL = "DEMO-OR"
SHEATH, WIRE, GUIDE, BALLOON, STENT = "HC0514", "HC0512", "HC0511", "HC0513", "HC0602"
MESH, DRAPES, SUTURE, STAPLER, GLOVES = "HC0706", "HC0205", "HC0401", "HC0404", "HC0104"
#: code: names, department, approved card
PROCEDURES = {
    "PCI": (
        "Coronary stent",
        "冠状动脉支架植入术",
        "CATH",
        {SHEATH: 1, WIRE: 1, GUIDE: 1, BALLOON: 1, STENT: 1},
    ),
    "HERNIA": (
        "Hernia repair with mesh",
        "疝修补术（补片）",
        "OR",
        {MESH: 1, DRAPES: 1, SUTURE: 2, STAPLER: 1, GLOVES: 3},
    ),
}
#: What past cases of PCI used of each item, newest first.
PAST_PCI = (
    {SHEATH: 1, WIRE: 2, GUIDE: 1, BALLOON: 2, STENT: 1},
    {SHEATH: 1, WIRE: 1, GUIDE: 1, BALLOON: 1, STENT: 2},
    {SHEATH: 1, WIRE: 2, GUIDE: 1, BALLOON: 1, STENT: 1},
    {SHEATH: 1, WIRE: 3, GUIDE: 2, BALLOON: 2, STENT: 1},
    {SHEATH: 1, WIRE: 1, GUIDE: 1, BALLOON: 1},
    {SHEATH: 1, WIRE: 2, GUIDE: 1, BALLOON: 3, STENT: 2},
    {SHEATH: 1, WIRE: 1, GUIDE: 1, BALLOON: 1, STENT: 1},
    {SHEATH: 2, WIRE: 2, GUIDE: 1, BALLOON: 2, STENT: 1},
)
#: What last week's hernia repair used; its card lays out sutures as well.
LAST_HERNIA = {MESH: 1, DRAPES: 2, STAPLER: 1, GLOVES: 4}
#: number, event, procedure, room, days ahead, hour; 7003 is cancelled in the end.
SCHEDULE = (
    ("7001", "S12", "PCI", "3021^2", 1, 8),
    ("7002", "S12", "PCI", "3021^2", 1, 10),
    ("7003", "S12", "HERNIA", "3011^5", 2, 9),
    ("7004", "S12", "HERNIA", "3011^5", 3, 9),
    ("7005", "S12", "PCI", "3021^1", 4, 8),
    ("7004", "S13", "HERNIA", "3011^6", 5, 13),
    ("7003", "S15", "HERNIA", "3011^5", 2, 9),
    ("7006", "S12", "HERNIA", "3011^6", 6, 8),
)
MASTER = (
    ("MAD", "IM-88012", "一次性使用穿刺器", "12mm", "天衡医疗"),
    ("MAD", "IM-88013", "一次性使用取物袋", "80×120mm", "天衡医疗"),
)


def set_up(env, company, departments, items, staff, today, port, time_zone):
    zone = ZoneInfo(time_zone)
    procedures = _procedures(env, company, departments, items, staff)
    _past_cases(env, procedures["PCI"], items, today, zone)
    _case_of_last_week(env, procedures["HERNIA"], items, today, zone)
    env.flush_all()
    env["med.preference.card"]._cron_learn()
    env["med.planned.use"].create(
        {
            "department_id": departments["ER"].id,
            "product_id": items["HC0306"].id,
            "date": today + timedelta(days=9),
            "quantity": 120,
            "note": "职工流感疫苗接种",
        }
    )
    channel = _channel(env, company, departments, port, time_zone)
    messages = _messages(today, zone)
    env["med.his.message"]._accept(
        [Arrival(channel._receiver(), "127.0.0.1", message) for message in messages]
    )
    env["med.his.message"]._process()


def _channel(env, company, departments, port, time_zone):
    """The gateway leaves it alone: it allows no plaintext and has no certificate."""
    channel = env["med.his.channel"].create(
        {
            "name": "Theatre schedule and masters (demonstration)",
            "code": CHANNEL,
            "company_id": company.id,
            "host": "127.0.0.1",
            "port": port + 1,
            "tz": time_zone,
        }
    )
    interface.name(channel, "手术排程与主数据（演示）")
    env["med.his.code"].create(
        [
            {
                "channel_id": channel.id,
                "kind": "department",
                "code": row.his_code,
                "description": row.name_zh,
                "department_id": departments[code].id,
            }
            for code, row in catalogue.departments().items()
        ]
    )
    env["med.his.mapping"]._complete(channel)
    return channel


def _procedures(env, company, departments, items, staff):
    found = {}
    for code, (name, name_zh, department, card) in PROCEDURES.items():
        procedure = env["med.procedure"].create(
            {
                "name": name,
                "code": code,
                "company_id": company.id,
                "department_id": departments[department].id,
            }
        )
        procedure.with_context(lang="zh_CN").name = name_zh
        manager = staff["cath" if department == "CATH" else "wardmanager"]
        env["med.preference.card"].with_user(manager).create(
            {
                "procedure_id": procedure.id,
                "department_id": departments[department].id,
                "line_ids": [
                    (0, 0, {"product_id": items[item].id, "quantity": quantity})
                    for item, quantity in card.items()
                ],
            }
        ).action_approve()
        found[code] = procedure
    return found


def _past_cases(env, procedure, items, today, zone):
    """Done before the opening day: their use is history and moves no stock."""
    department = procedure.department_id
    for number, used in enumerate(PAST_PCI):
        start = _moment(today - timedelta(days=40 + 5 * number), 9, zone)
        token = hashlib.sha256(f"demo-case-{number}".encode()).hexdigest()
        env["med.case"].create(
            {
                "procedure_id": procedure.id,
                "start": start,
                "room": "2",
                "encounter_token": token,
                "state": "done",
            }
        )
        env["med.consumption"]._record(
            [
                {
                    "department_id": department.id,
                    "product_id": items[item].id,
                    "kind": "use",
                    "quantity": quantity,
                    "event_time": start + timedelta(minutes=40),
                    "source": "import:charges",
                    "external_key": f"demo-case-{number}-{item}",
                    "encounter_token": token,
                    "historical": True,
                }
                for item, quantity in used.items()
            ]
        )


def _case_of_last_week(env, procedure, items, today, zone):
    """Done with its card in force: laid out, used and paid for can be compared."""
    token = hashlib.sha256(b"demo-case-of-last-week").hexdigest()
    start = _moment(today - timedelta(days=6), 9, zone)
    case = env["med.case"].create(
        {
            "procedure_id": procedure.id,
            "start": start,
            "room": "5",
            "encounter_token": token,
        }
    )
    theatre = procedure.department_id
    implant = env["stock.quant"].search(
        [
            ("location_id", "=", theatre.stock_location_id.id),
            ("product_id", "=", items[MESH].id),
            ("lot_id.expiration_date", ">", start),
            ("owner_id", "=", False),
            ("quantity", ">", 0),
        ],
        order="id",
        limit=1,
    )
    lines = env["med.consumption"]._record(
        [
            {
                "department_id": theatre.id,
                "product_id": items[item].id,
                "lot_name": implant.lot_id.name if item == MESH else False,
                "kind": "use",
                "quantity": quantity,
                "event_time": start + timedelta(minutes=40),
                "source": f"his:{CHANNEL}",
                "external_key": f"demo-case-of-last-week/{item}",
                "encounter_token": token,
            }
            for item, quantity in LAST_HERNIA.items()
        ]
    )
    env["med.consumption"]._post_pending([("id", "in", lines.ids)])
    case.action_done()


def _messages(today, zone):
    """The messages as their senders would write them, in UTF-8."""
    stamp = datetime.combine(today, time(6), zone)
    for minute, (number, event, code, room, days, hour) in enumerate(SCHEDULE):
        start = datetime.combine(today + timedelta(days=days), time(hour), zone)
        status = "Cancelled" if event == "S15" else "Booked"
        yield _message(
            "ORIS",
            f"SIU^{event}",
            f"SIU{today:%y%m%d}{minute:02}",
            stamp + timedelta(minutes=minute),
            f"SCH||{number}" + "|" * 23 + status,
            f"PV1||I|{room}" + "|" * 16 + f"V{number}",
            "RGS|1",
            f"AIS|1||{code}|{start:%Y%m%d%H%M%S}|||90|min",
            f"AIL|1||{room}",
        )
    entries = (
        segment
        for action, code, name, specification, maker in MASTER
        for segment in (
            f"MFE|{action}|{today:%Y%m%d}||{code}|ST",
            f"ITM|{code}|{name}|||||^{maker}",
        )
    )
    yield _message(
        "SPD",
        "MFN^M16",
        f"MFN{today:%y%m%d}",
        stamp,
        "MFI|INV||UPD|||AL",
        *entries,
    )
    for visit, event in (("V7001", "A01"), ("V7002", "A01"), ("V6990", "A03")):
        yield _message(
            "ADT",
            f"ADT^{event}",
            f"ADT{today:%y%m%d}{visit}",
            stamp,
            f"EVN|{event}|{stamp:%Y%m%d%H%M%S}",
            "PV1||I|3021" + "|" * 16 + visit,
        )


def _message(sender, kind, control_id, moment, *segments):
    header = (
        f"MSH|^~\\&|{sender}|DEMO|SUPPLY|DEMO|{moment:%Y%m%d%H%M%S}||{kind}|"
        f"{control_id}|P|2.5"
    )
    return "\r".join((header, *segments, "")).encode()


def _moment(day, hour, zone):
    moment = datetime.combine(day, time(hour), zone).astimezone(UTC)
    return moment.replace(tzinfo=None)

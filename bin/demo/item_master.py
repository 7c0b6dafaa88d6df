"""The supply catalogue, the owner of the items' data, substitutes and changes."""

import base64
from datetime import timedelta

from odoo.fields import Command

from . import catalogue

VED = {"V": "ved_v", "E": "ved_e", "D": "ved_d"}
# item, substitute, how many of it for one, both ways, what to mind
SUBSTITUTES = (
    ("HC0101", "HC0103", 1, True, "乳胶过敏者禁用 not with latex allergy"),
    ("HC0101", "HC0102", 1, True, ""),
    ("HC0104", "HC0105", 1, True, ""),
    ("HC0302", "HC0301", 2, False, "分两次抽取 draw up in two steps"),
    ("HC0203", "HC0204", 1, False, "渗液多时更换更勤 change more often"),
    ("HC1002", "HC1001", 2, False, "非呼吸道传染病区 no airborne disease"),
    ("HC0601", "HC0603", 1, False, "由术者决定 the operator decides"),
)
COMMITTEE = "医用耗材管理委员会"
WATCHED = ("HC0405", "HC0905")


def set_up(env, company, staff, items, today):
    """All items admitted with their class two years ago; who owns their data."""
    top = next(iter(items.values())).categ_id.parent_id
    top.med_data_owner_id = staff["items"]
    _decide(
        env,
        company,
        today - timedelta(days=730),
        [
            {"product_tmpl_id": product.product_tmpl_id.id, "action": action}
            for code, product in items.items()
            for action in ("list", VED[catalogue.items()[code].ved])
        ],
    )
    env["med.substitute"].create(
        [
            {
                "product_id": items[item].id,
                "substitute_id": items[substitute].id,
                "ratio": ratio,
                "symmetric": both_ways,
                "note": note,
            }
            for item, substitute, ratio, both_ways, note in SUBSTITUTES
        ]
    )


def of_late(env, company, departments, staff, items, today):
    """Recent decisions, requests to change items, and the ABC classes of the month."""

    def line(code, action, reason, **values):
        item = items[code].product_tmpl_id
        values |= {"product_tmpl_id": item.id, "action": action, "reason": reason}
        return values

    _decide(
        env,
        company,
        today - timedelta(days=20),
        [line(code, "monitor", "用量环比上升 use is rising") for code in WATCHED]
        + [
            line(
                "HC0605",
                "temporary",
                "复杂穿刺病例试用 trial in difficult punctures",
                department_id=departments["CATH"].id,
                quantity_limit=20,
                repeat_limit=2,
                valid_until=today + timedelta(days=60),
            )
        ],
    )
    env["med.catalogue.decision"].create(
        {
            "company_id": company.id,
            "committee": COMMITTEE,
            "date": today + timedelta(days=6),
            "line_ids": [
                Command.create(line("HC0204", "remove", "使用极少 hardly used"))
            ],
        }
    )
    _ask(env, staff["ward"], items["HC0306"], "med_specification", "20G 1.1×29mm")
    asked = _ask(env, staff["cath"], items["HC0511"], "med_tender_code", "ZC-0511-6F")
    asked.with_user(staff["items"]).action_approve()
    wrong = _ask(env, staff["store"], items["HC0204"], "med_storage", "room")
    wrong.with_user(staff["items"]).refusal = "标签为阴凉保存 the label says cool"
    wrong.with_user(staff["items"]).action_refuse()
    env["product.template"].with_company(company)._cron_med_abc()


def _ask(env, person, product, field, value):
    change = (
        env["med.master.change"]
        .with_user(person)
        .with_context(mail_activity_quick_update=True)
        .create(
            {
                "product_tmpl_id": product.product_tmpl_id.id,
                "field_name": field,
                "new_value": value,
                "reason": "与标签不符 differs from the label",
            }
        )
    )
    change.action_ask()
    return change


def _decide(env, company, day, lines):
    decision = env["med.catalogue.decision"].create(
        {
            "company_id": company.id,
            "committee": COMMITTEE,
            "date": day,
            "minutes": base64.b64encode(f"会议纪要 {day}".encode()),
            "minutes_name": f"{day} 会议纪要.txt",
            "line_ids": [Command.create(line) for line in lines],
        }
    )
    decision.with_user(env.ref("base.user_admin")).action_decide()

"""Planning: service policies, clinical needs, a roster, classes, a business case.

What stands before the reorder rules are made is in ``set_up``; ``of_late`` is what a
planner finds in the morning: proposals to decide, a locked rule, dead stock, and the
last months played again.
"""

from datetime import date, timedelta

LOCKED = "ICU", "HC0102"
FLU = "HC0101"
#: (name, VED, ABC, department, service level, publishes by itself)
POLICIES = (
    ("生命必需物资", "V", False, None, 0.99, "never"),
    ("手术室必需物资", "E", False, "OR", 0.985, "company"),
    ("必需物资 A 类", "E", "A", None, 0.96, "company"),
    ("一般物资", "D", False, None, 0.92, "always"),
)


def set_up(env, company, departments, items, today):
    """Before the levels are computed: what they are to reach."""
    env["med.service.policy"].create(
        [
            {
                "name": name,
                "ved": ved,
                "abc": abc,
                "department_id": departments[place].id if place else False,
                "service_level": level,
                "auto_publish": auto,
                "company_id": company.id,
            }
            for name, ved, abc, place, level, auto in POLICIES
        ]
    )
    _roster(env, departments["DIAL"], today)


def _roster(env, department, today):
    """Nurses of dialysis: more on three days of the week, none on Sundays."""
    env["med.duty.roster"].create(
        [
            {
                "department_id": department.id,
                "date": day,
                "people": (12, 9, 12, 9, 12, 9, 1)[day.weekday()],
            }
            for day in (today + timedelta(days=n) for n in range(-364, 42))
        ]
    )


def of_late(env, company, departments, items, levels, staff, today):
    """What came up since the levels were published."""
    planner = staff["planner"]
    Need = env["med.special.need"].with_user(planner)
    category = items[FLU].categ_id
    Need.create(
        [
            {
                "name": "流感季",
                "kind": "campaign",
                "categ_ids": category.ids,
                "department_ids": (departments["ER"] | departments["RESP"]).ids,
                "date_from": date(today.year, 11, 1),
                "date_to": date(today.year + 1, 2, 28),
                "yearly": True,
                "factor": 1.25,
                "note": "感染科与护理部共同提出。",
            },
            {
                "name": "突发公共卫生事件",
                "kind": "epidemic",
                "categ_ids": category.ids,
                "factor": 2.5,
                "note": "平时备好，启用只需一键。",
            },
            {
                "name": "急救储备",
                "kind": "reserve",
                "product_ids": items["HC0104"].ids,
                "department_ids": departments["OR"].ids,
                "quantity": 120,
            },
        ]
    )
    if rule := levels.get(LOCKED):
        rule.with_user(planner).write(
            {
                "med_locked_until": today + timedelta(days=30),
                "med_lock_reason": "新规格试用中",
            }
        )
    rules = env["stock.warehouse.orderpoint"].browse(r.id for r in levels.values())
    env["med.reorder.proposal"]._propose(rules)
    env["med.supplier.performance"]._refresh()
    env["med.item.class"]._cron_classify()
    _business_case(env, company, planner)


def _business_case(env, company, planner):
    Case = env.get("med.replenishment.simulation")
    if Case is not None:
        case = Case.with_user(planner).create(
            {
                "name": "库存业务论证",
                "months": "6",
                "baseline": "now",
                "company_id": company.id,
            }
        )
        case.action_run()

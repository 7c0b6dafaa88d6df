"""Planning: service policies, clinical needs, a roster, classes, a business case.

What stands before the reorder rules are made is in ``set_up``; ``of_late`` is what a
planner finds in the morning: proposals to decide, a locked rule, dead stock, and the
last months played again.
"""

from datetime import UTC, date, datetime, time, timedelta

from . import shelf

LOCKED = "ICU", "HC0102"
FLU = "HC0101"
#: (name, VED, ABC, department, service level, publishes by itself)
POLICIES = (
    ("生命必需物资", "V", False, None, 0.99, "never"),
    ("手术室必需物资", "E", False, "OR", 0.985, "company"),
    ("必需物资 A 类", "E", "A", None, 0.96, "company"),
    ("一般物资", "D", False, None, 0.92, "always"),
)

#: What lies where nobody uses it: item, place, pieces, days it lies, days it lasts yet.
FORGOTTEN = (
    ("HC0203", "ER", 60, 262, 410),
    ("HC1004", "RAD", 180, 305, 500),
    ("HC0208", "STORE", 140, 231, 395),
    ("HC0208", "ICU", 24, 214, 121),
)
#: A size that nobody asks for any more: its code, the item that is used instead, name.
OUT_OF_USE = "HC0208", "HC0204", "Alginate dressing 5 x 5 cm", "藻酸盐敷料 5×5cm"
#: What a planner wrote to the one-off days of an item.
ONE_OFF_NOTES = {"HC0206": "急诊科批量伤员救治演练，一次性领用。"}


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
    for one_off in env["med.demand.one.off"].search([]):
        if note := ONE_OFF_NOTES.get(one_off.product_id.default_code):
            one_off.with_user(planner).note = note
    _business_case(env, company, planner)


def forget(env, departments, items, today):
    """Goods that came to a place long ago and were not used there."""
    items = {**items, OUT_OF_USE[0]: _out_of_use(env, items)}
    for code, place, pieces, since, lasts in FORGOTTEN:
        came = datetime.combine(today - timedelta(days=since), time(2), UTC)
        came = came.replace(tzinfo=None)
        lot = env["stock.lot"].create(
            {
                "name": f"{came:%y%m%d}{code[2:]}",
                "product_id": items[code].id,
                "expiration_date": came + timedelta(days=since + lasts),
            }
        )
        location = departments[place].stock_location_id
        shelf.put(env, items[code], location, pieces, lot).date = came
        quants = lot.quant_ids.filtered(lambda q: q.location_id.usage == "internal")
        quants.sudo().in_date = came


def _out_of_use(env, items):
    code, like, english, chinese = OUT_OF_USE
    old = items[like]
    product = old.copy({"name": english, "default_code": code})
    product.with_context(lang="zh_CN").name = chinese
    product.standard_price = 0.6 * old.standard_price
    for seller in old.seller_ids:
        seller.copy(
            {
                "product_tmpl_id": product.product_tmpl_id.id,
                "product_id": False,
                "price": 0.6 * seller.price,
            }
        )
    return product


def _business_case(env, company, planner):
    Case = env.get("med.replenishment.simulation")
    if Case is not None:
        case = Case.with_user(planner).create(
            {
                "name": "库存业务论证",
                "months": "6",
                "baseline": "before",
                "company_id": company.id,
            }
        )
        case.action_run()

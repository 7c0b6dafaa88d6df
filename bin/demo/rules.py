"""Reorder rules of the store and the departments, and shelves that fit them."""

import math
from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np

from . import catalogue, places, record_day, wire
from .deliveries import Issue

#: What the hospital had before: so many days of use, at which is ordered and up to.
RULE_OF_THUMB = {"shelf": (7, 14), "store": (20, 40)}
#: Levels were set when these last days had not come yet.
SINCE = 200
#: Vital items of these wards: the planner has not decided their proposals yet.
UNDECIDED = ("ICU", "RESP")


def set_up(env, departments, products, people):
    """Native reorder rules, levelled by proposals: ``{(place, item): rule}``."""
    # Odoo deletes manual rules of the superuser that need nothing at the moment.
    Rule = env["stock.warehouse.orderpoint"].with_user(people["admin"])
    issue, direct = places.route(env, "pull"), places.route(env, "buy")
    wanted = {}
    for item in catalogue.items().values():
        product = products[item.code]
        box = product.uom_ids[:1] or product.uom_id
        if not item.direct:
            wanted["STORE", item.code] = {"replenishment_uom_id": box.id}
        for code in item.use:
            wanted[code, item.code] = (
                {
                    "route_id": direct.id,
                    "supplier_id": product.seller_ids[:1].id,
                    "replenishment_uom_id": box.id,
                }
                if item.direct
                else {"route_id": issue.id}
            )
    rules = Rule.create(
        [
            {
                "product_id": products[item].id,
                "location_id": departments[place].stock_location_id.id,
                "warehouse_id": departments[place].warehouse_id.id,
                "company_id": departments[place].company_id.id,
                "trigger": "manual",
                "product_min_qty": 0,
                "product_max_qty": 0,
                **values,
            }
            for (place, item), values in wanted.items()
        ]
    )
    _level(env, rules, departments, people["planner"])
    return dict(zip(wanted, rules, strict=True))


def _level(env, rules, departments, planner):
    """Demand up to date, proposals made of it, and published by the planner.

    What held before are levels that people had set, by a rule of thumb. A few wait: of
    vital items a person decides.
    """
    env["med.demand.day"]._refresh()
    _set_by_hand(env, rules)
    proposals = env["med.reorder.proposal"]._propose(rules.sudo())
    wards = env["med.department"].union(*(departments[code] for code in UNDECIDED))
    sound = proposals.filtered(
        lambda proposal: (
            not proposal.problem
            and not (proposal.med_ved == "V" and proposal.department_id in wards)
        )
    )
    sound.with_user(planner).action_publish()


def _set_by_hand(env, rules):
    """Days of the use that was usual then, in tens where there are many."""
    today = rules.company_id._med_day(datetime.now(UTC).replace(tzinfo=None))
    until = today - timedelta(days=SINCE)
    daily, unseen, _heirs = env["med.reorder.proposal"]._history(rules, until)
    seen = ~unseen
    mean = np.where(seen, daily, 0).sum(1) / np.maximum(seen.sum(1), 1)
    stores = rules.warehouse_id.lot_stock_id
    for rule, use in zip(rules, mean.tolist(), strict=True):
        kind = "store" if rule.location_id in stores else "shelf"
        low, top = (_rounded(days * use) for days in RULE_OF_THUMB[kind])
        rule.write({"product_min_qty": low, "product_max_qty": max(top, low + 1)})


def _rounded(units):
    return 10 * math.ceil(units / 10) if units > 20 else max(1, math.ceil(units))


def days_use():
    """What the recorded day will use: ``{(department, item): units}``."""
    used = Counter()
    his_codes = {row.his_code: code for code, row in catalogue.departments().items()}
    items = {item.his_code[0]: item for item in catalogue.items().values()}
    for message in wire.read():
        for department, item, charges in record_day.lines_of(message):
            if department in his_codes and item in items:
                found = items[item]
                key = his_codes[department], found.code
                used[key] += charges * found.his_code[1]
    return used


def fill_up(env, deliveries, rules, say):
    """Receive and issue the last goods, so that every shelf is where the day needs it.

    A shelf holds its maximum and what the day will take, so the day leaves it in
    order; those of ``catalogue.RUNS_LOW`` hold just over their reorder point, and the
    day takes them below it.
    """
    coming = days_use()
    shelf_of = {rule.location_id: place for (place, _item), rule in rules.items()}
    here = _on_hand(env, shelf_of)
    wanted = Counter()
    for (place, item), rule in rules.items():
        target = _target(place, item, rule, coming[place, item])
        wanted[place, item] = max(0, target - here[place, item])
    items = catalogue.items()
    issues = {
        place: Issue(place, deliveries.moment(1, 18))
        for place in dict.fromkeys(place for place, _item in rules if place != "STORE")
    }
    for (place, code), units in wanted.items():
        if place != "STORE" and units and not items[code].direct:
            issues[place].units[code] = units
    bought = _to_buy(wanted, items)
    plan = deliveries.plan(bought, 10)
    deliveries.receive(plan, catalogue.reported_lot)
    env.cr.commit()
    say(f"received {len(plan)} orders placed 10 days ago")
    deliveries.issue(list(issues.values()))
    env.cr.commit()
    say(f"filled the shelves of {len(issues)} departments")


def _on_hand(env, shelf_of):
    """Units on each shelf: ``Counter {(place, item): units}``."""
    here = Counter()
    for location, product, units in env["stock.quant"]._read_group(
        [("location_id", "in", [location.id for location in shelf_of])],
        ["location_id", "product_id"],
        ["quantity:sum"],
    ):
        here[shelf_of[location], product.default_code] = units
    return here


def _target(place, item, rule, coming):
    low = (place, item) in catalogue.RUNS_LOW
    if low or (place == "STORE" and item in catalogue.STORE_RUNS_LOW):
        return math.ceil(rule.product_min_qty) + max(1, int(coming) // 2)
    return math.ceil(rule.product_max_qty + coming)


def _to_buy(wanted, items):
    """What suppliers bring: for the store also what it passes on, in whole packs.

    Shelves that shall run low get exactly their pieces.
    """
    bought = Counter()
    for (place, code), units in wanted.items():
        bought[code, place if items[code].direct else "STORE"] += units
    exact = {(item, place) for place, item in catalogue.RUNS_LOW}
    exact |= {(item, "STORE") for item in catalogue.STORE_RUNS_LOW}
    packs = {}
    for key, units in bought.items():
        if units:
            pack = 1 if key in exact else items[key[0]].per_pack
            packs[key] = math.ceil(units / pack) * pack
    return packs

"""The last month as it happened: receipts, weekly issues, and use posted to stock."""

import math

from . import catalogue
from .deliveries import Issue
from .use import OPENING_DAYS

# The first orders stock the hospital before the opening day, the others follow in the
# month: (share of the month's use, days ago when ordered).
ORDER_WAVES = ((0.45, 62), (0.4, 49), (0.25, 27))
# The store issues for the coming week on these days, early in the morning.
ISSUE_DAYS = (31, 24, 17, 10, 3)


def play(env, deliveries, use, say):
    """Receive what the month needed, issue it week by week, post the recorded use."""
    for share, ordered in ORDER_WAVES:
        plan = deliveries.plan(_wave(use, share), ordered)
        deliveries.receive(plan)
        env.cr.commit()
        say(f"received {len(plan)} orders placed {ordered} days ago")
    issues = _issues(deliveries, use)
    deliveries.issue(issues)
    env.cr.commit()
    say(f"issued {len(issues)} times from the store to departments")
    _post(env, say)


def _wave(use, share):
    """What to order, in whole packs, for ``share`` of the month's use."""
    items = catalogue.items()
    wanted = {}
    for (code, department), quantities in use.items():
        place = department if items[code].direct else "STORE"
        key = code, place
        wanted[key] = wanted.get(key, 0) + share * float(quantities.sum()) + 1
    return {
        key: math.ceil(units / items[key[0]].per_pack) * items[key[0]].per_pack
        for key, units in wanted.items()
    }


def _issues(deliveries, use):
    """One issue per department and week, for the use until the next."""
    items = catalogue.items()
    issues = []
    for days_ago, next_days_ago in zip(ISSUE_DAYS, (*ISSUE_DAYS[1:], 0), strict=True):
        until = min(days_ago, OPENING_DAYS)
        by_department = {}
        for (code, department), quantities in use.items():
            if items[code].direct:
                continue
            week = quantities[
                OPENING_DAYS - until : OPENING_DAYS - next_days_ago or None
            ]
            if week.sum():
                issue = by_department.setdefault(
                    department, Issue(department, deliveries.moment(days_ago, 7))
                )
                issue.units[code] = int(week.sum())
        issues += by_department.values()
    return issues


def _post(env, say):
    Ledger = env["med.consumption"]
    todo = Ledger.search_count([("state", "=", "recorded")])
    done = 0
    while lines := Ledger._post_pending(limit=1000):
        env.cr.commit()
        env.invalidate_all()
        done += len(lines)
        say(f"posted {done} of {todo} lines of use")
    incidents = Ledger.search([("state", "=", "incident")], limit=1)
    if incidents:
        raise ValueError(f"A line could not be posted: {incidents.incident_text}")

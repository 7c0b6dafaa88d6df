"""The last month as it happened: receipts, weekly issues, and use posted to stock."""

import math

from psycopg2 import OperationalError

from . import catalogue
from .deliveries import Issue
from .use import OPENING_DAYS

# The first orders stock the hospital before the opening day, the others follow in the
# month: (share of the month's use, days ago when ordered).
ORDER_WAVES = ((0.65, 55), (0.45, 27))
# The store issues until the next of these days, early in the morning.
ISSUE_DAYS = (31, 21, 11)


def supply(env, deliveries, use, say):
    """Receive what the month needed and issue it to departments."""
    for share, ordered in ORDER_WAVES:
        plan = deliveries.plan(_wave(use, share), ordered)
        deliveries.receive(plan)
        env.cr.commit()
        say(f"received {len(plan)} orders placed {ordered} days ago")
    issues = _issues(deliveries, use)
    deliveries.issue(issues)
    env.cr.commit()
    say(f"issued {len(issues)} times from the store to departments")


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


def post(env, half, say):
    """Post the recorded use of every other department (``half`` is 0 or 1)."""
    Ledger = env["med.consumption"]
    departments = env["med.department"].search([], order="id")[half::2]
    domain = [("department_id", "in", departments.ids)]
    todo = Ledger.search_count([*domain, ("state", "=", "recorded")])
    done = 0
    while lines := _post_some(env, domain):
        done += len(lines)
        say(f"posted {done} of {todo} lines of use")
    if incident := Ledger.search([*domain, ("state", "=", "incident")], limit=1):
        raise ValueError(f"A line could not be posted: {incident.incident_text}")


def _post_some(env, domain):
    """A batch, tried again where the other process was in the way."""
    for _attempt in range(5):
        try:
            lines = env["med.consumption"]._post_pending(domain, limit=250)
            env.cr.commit()
        except OperationalError:
            env.cr.rollback()
            continue
        env.invalidate_all()
        return lines
    raise RuntimeError("Posting met another process five times in a row.")

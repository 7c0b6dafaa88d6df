"""Fill a database that has the seven addons with the demo hospital (bin/make-hospital).

Run inside ``odoo shell``: ``make(env)``. Everything goes through the ORM, is drawn with
fixed seeds, and lies around today. What it consists of is in ``demo/``.
"""

import logging
import sys
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parent))
from demo import (
    budgets,
    catalogue,
    company,
    deliveries,
    interface,
    past_month,
    people,
    places,
    products,
    rules,
    use,
)
from demo.database import MADE_ON


def make(env, port=2575):
    """Make the hospital; refuses where it is already."""
    if day := env["ir.config_parameter"].get_param(MADE_ON):
        raise SystemExit(f"This database has the demo hospital, made on {day}.")
    logging.getLogger("odoo.addons.mail").setLevel(logging.ERROR)
    say = _Progress()
    env = env(context={**env.context, **products.QUIET, "lang": "en_US"})
    today = datetime.now(ZoneInfo(company.TIME_ZONE)).date()

    say("the company, its chart of accounts and its taxes")
    hospital = company.set_up(env)
    say("departments, people, suppliers and items")
    departments = places.set_up(env, hospital, catalogue)
    staff = people.set_up(env, hospital, departments, company.TIME_ZONE)
    items, partners = products.set_up(env, hospital, today)
    interface.set_up(env, hospital, departments, items, port, company.TIME_ZONE)
    budget = budgets.set_up(env, hospital, departments, staff, today)
    env.cr.commit()

    say("eighteen months of use")
    last_month = use.record(env, items, departments, today, company.TIME_ZONE, say)
    goods = deliveries.Deliveries(
        env, hospital, departments, items, partners, today, company.TIME_ZONE
    )
    past_month.play(env, goods, last_month, say)
    say("reorder rules from demand and lead times")
    levels = rules.set_up(env, departments, items, staff)
    env.cr.commit()
    rules.fill_up(env, goods, levels, say)
    budgets.revise(budget, departments, staff)
    env["med.alert"]._evaluate()
    env["ir.config_parameter"].set_param(MADE_ON, str(today))
    env.cr.commit()
    say("the demo hospital is ready")


class _Progress:
    """Says what is going on, with the seconds since the beginning."""

    def __init__(self):
        self.started = time.monotonic()

    def __call__(self, text):
        seconds = time.monotonic() - self.started
        print(f"  {seconds:5.0f} s  {text}", file=sys.stderr, flush=True)  # noqa: T201

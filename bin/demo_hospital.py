"""Fill a database that has the seven addons with the demo hospital (bin/make-hospital).

Run inside ``odoo shell``: ``make(env)``. Everything goes through the ORM, is drawn with
fixed seeds, and lies around today. What it consists of is in ``demo/``.
"""

import logging
import sys
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parent))
from demo import (
    alerts,
    books,
    budgets,
    catalogue,
    certificates,
    company,
    consignment,
    contracts,
    counted,
    data_quality,
    deliveries,
    exceptions,
    interface,
    item_master,
    past_month,
    people,
    places,
    products,
    replenishment,
    requisitions,
    rules,
    safety,
    theatre,
    told,
    use,
)
from demo.beside import Beside
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
    item_master.set_up(env, hospital, staff, items, today)
    interface.set_up(env, hospital, departments, items, port, company.TIME_ZONE)
    budget = budgets.set_up(env, hospital, departments, staff, today)
    env.cr.commit()

    # From here on people work, and what they write is read in their language.
    env = env(context={**env.context, "lang": "zh_CN"})
    say("eighteen months of use, and what the last of them needed")
    goods = deliveries.Deliveries(
        env, hospital, departments, items, partners, today, company.TIME_ZONE
    )
    with Beside(env, f"record_use(env, {today.toordinal()}, {say.started!r})"):
        past_month.supply(env, goods, use.of_the_last_month(today), say)
    env.cr.commit()  # sees what was recorded
    with Beside(env, f"post_use(env, 1, {say.started!r})"):
        post_use(env, 0, say.started)
    env.cr.commit()
    requisitions.set_up(env, departments, items, staff, goods)
    env.cr.commit()
    say("reorder rules from demand and lead times")
    replenishment.set_up(env, hospital, departments, items, today)
    levels = rules.set_up(env, departments, items, staff)
    env.cr.commit()
    rules.fill_up(env, goods, levels, say)
    replenishment.forget(env, departments, items, today)
    budgets.take_over(env, hospital, departments, today)
    budgets.revise(budget, departments, staff)
    consignment.set_up(env, departments, items, partners, today, company.TIME_ZONE)
    certificates.set_up(env, partners, staff, today)
    contracts.set_up(env, hospital, partners, staff, today)
    safety.set_up(env, hospital, departments, items, staff)
    books.set_up(env, departments, staff, today)
    counted.set_up(env, hospital, departments, items, staff)
    data_quality.set_up(env, hospital, staff, today)
    theatre.set_up(
        env, hospital, departments, items, staff, today, port, company.TIME_ZONE
    )
    exceptions.set_up(
        env, hospital, departments, interface.known(items), port, company.TIME_ZONE
    )
    told.set_up(env, hospital, items, today, company.TIME_ZONE)
    env["med.daily.use"]._refresh()
    env["med.transfer.proposal"]._propose(hospital)
    replenishment.of_late(env, hospital, departments, items, levels, staff, today)
    item_master.of_late(env, hospital, departments, staff, items, today)
    alerts.set_up(env, departments, items)
    env["med.alert"]._evaluate()
    alerts.people_act(env)
    env["med.alert.touch"].search([]).unlink()  # all has just been looked at
    _jobs_at_night(env, today)
    env["ir.config_parameter"].set_param(MADE_ON, str(today))
    env.cr.commit()
    say("the demo hospital is ready")


def _jobs_at_night(env, today):
    """Daily jobs run in the coming night, not all together when the server starts."""
    zone = ZoneInfo(company.TIME_ZONE)
    night = datetime.combine(today + timedelta(days=1), time_of_day(2), zone)
    jobs = env["ir.cron"].search([("interval_type", "in", ("days", "weeks", "months"))])
    for number, job in enumerate(jobs):
        moment = night + timedelta(minutes=5 * number)
        job.nextcall = moment.astimezone(UTC).replace(tzinfo=None)


def record_use(env, ordinal, started):
    today = date.fromordinal(ordinal)
    use.record(env, today, company.TIME_ZONE, _Progress(started))


def post_use(env, half, started):
    past_month.post(env, half, _Progress(started))


class _Progress:
    """Says what is going on, with the seconds since the beginning."""

    def __init__(self, started=None):
        self.started = started or time.monotonic()

    def __call__(self, text):
        seconds = time.monotonic() - self.started
        print(f"  {seconds:5.0f} s  {text}", file=sys.stderr, flush=True)  # noqa: T201

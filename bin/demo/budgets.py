"""A budget per cost centre for every year that the hospital's documents touch.

What was spent this year before the hospital began to post use is taken over from the
old books: one amount per cost centre and month, worth the historical use.
"""

from collections import defaultdict
from datetime import date, timedelta

from odoo.fields import Command
from odoo.tools.date_utils import end_of

from . import catalogue
from .use import OPENING_DAYS

#: Money over what a year of usual days costs.
RESERVE = 1.08
#: The laboratory has next to nothing left: its next order is refused.
NEARLY_SPENT = {"LAB": 6000.0}


def set_up(env, company, departments, people, today):
    """Budgets of this year and of those that the documents around today belong to."""
    years = {(today + timedelta(days=days)).year for days in (-75, 0, 60)}
    planned = _planned(departments)
    budgets = env["med.budget"].create(
        [
            {
                "name": f"{year}",
                "company_id": company.id,
                "date_from": date(year, 1, 1),
                "date_to": date(year, 12, 31),
                "policy": "block",
                "month_policy": "warn",
                "user_id": people["finance"].id,
                "line_ids": [
                    Command.create(
                        {
                            "analytic_account_id": department.analytic_account_id.id,
                            "planned": planned[code],
                        }
                    )
                    for code, department in departments.items()
                ],
            }
            for year in sorted(years)
        ]
    )
    budgets.with_user(people["finance"]).action_approve()
    return budgets.filtered(lambda budget: budget.date_from.year == today.year)


def take_over(env, company, departments, today):
    """Months before the opening, in the books by their last day."""
    opening = today - timedelta(days=OPENING_DAYS)
    groups = env["med.consumption"]._read_group(
        [
            ("historical", "=", True),
            ("kind", "=", "use"),
            ("event_time", ">=", f"{today.year}-01-01"),
        ],
        ["department_id", "event_time:month", "product_id"],
        ["quantity:sum"],
    )
    spent = defaultdict(float)
    for department, month, product, quantity in groups:
        spent[department, month] += quantity * product.standard_price
    plan = company.med_analytic_plan_id
    env["account.analytic.line"].create(
        [
            {
                "name": f"期初结转 {month:%Y-%m} · Taken over from the old books",
                "date": min(end_of(month.date(), "month"), opening - timedelta(days=1)),
                "company_id": company.id,
                "category": "med_consumption",
                plan._column_name(): department.analytic_account_id.id,
                "amount": -round(amount, 2),
            }
            for (department, month), amount in spent.items()
        ]
    )


def revise(budget, departments, people):
    """Finance cuts what some departments have left; a revision says so openly."""
    budget = budget.with_user(people["finance"])
    revision = budget.browse(budget.action_revise()["res_id"])
    for code, left in NEARLY_SPENT.items():
        account = departments[code].analytic_account_id
        line = revision.line_ids.filtered(
            lambda line, account=account: line.analytic_account_id == account
        )
        line.planned = line.spent + left
    revision.action_approve()


def _planned(departments):
    """What each department's year costs, and a reserve: ``{code: yuan}``."""
    yearly = dict.fromkeys(departments, 20000.0)  # what the store itself may spend
    weeks = {
        code: sum(row.weekdays) / 7 for code, row in catalogue.departments().items()
    }
    for item in catalogue.items().values():
        for code, mean in item.use.items():
            cost = mean * weeks[code] * item.price * catalogue.TAX_FACTOR * 365
            yearly[code] += cost
    return {code: round(amount * RESERVE, -3) for code, amount in yearly.items()}

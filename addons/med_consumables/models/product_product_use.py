from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

#: Days of the ledger that an average daily use is taken from.
USE_DAYS = 90


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _med_daily_use(self, departments, days=USE_DAYS):
        """Average use per day: ``{(product id, department id): units}``.

        Use and waste less returns of the last ``days`` days, or of the time since the
        ledger began, whether posted or not, in the product's unit. Extension point: a
        forecast knows better.
        """
        ledger = self.env["med.consumption"].sudo()  # an average, whoever asks
        since = fields.Datetime.now() - timedelta(days=days)
        domain = ledger._demand_domain() & Domain("product_id", "in", self.ids)
        domain &= Domain("department_id", "in", departments.ids)
        domain &= Domain("event_time", ">=", since)
        groups = ledger._read_group(
            domain, ["product_id", "department_id", "kind"], ["quantity:sum"]
        )
        age = ledger._days_of_ledger(departments.company_id, days)
        used = {}
        for product, department, kind, quantity in groups:
            key = product.id, department.id
            sign = -1 if kind == "return" else 1
            units = sign * quantity / age[department.company_id.id]
            used[key] = used.get(key, 0.0) + units
        return {key: max(units, 0.0) for key, units in used.items()}

    def _med_use_lumps(self, departments, days=USE_DAYS):
        """How large the lines are in which use comes: ``{(product id, department id):
        units}``, the variance of a day's use over its mean.

        0 where every day is alike; about the size of a line where lines are rare. Not
        told where nothing was used. Extension point: who remembers more days may say.
        """
        ledger = self.env["med.consumption"].sudo()  # as above
        since = fields.Datetime.now() - timedelta(days=days)
        ledger.flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT product_id, department_id, company_id,
                          sum(units)::float8, sum(units * units)::float8
                     FROM (
                       SELECT product_id, department_id, company_id,
                              sum(CASE kind WHEN 'return' THEN -quantity
                                            ELSE quantity END) AS units
                         FROM med_consumption line
                        WHERE product_id = ANY(%(products)s)
                          AND department_id = ANY(%(departments)s)
                          AND event_time >= %(since)s AND %(counts)s
                     GROUP BY product_id, department_id, company_id,
                              (event_time AT TIME ZONE 'UTC'
                               AT TIME ZONE %(zone)s)::date
                     ) AS by_day
                 GROUP BY product_id, department_id, company_id
                   HAVING sum(units) > 0""",
                products=self.ids,
                departments=departments.ids,
                since=since,
                counts=ledger._demand_sql("line"),
                zone=str(self.env.company._med_time_zone()),
            )
        )
        age = ledger._days_of_ledger(departments.company_id, days)
        return {
            (product, department): max(squares / units - units / age[company], 0.0)
            for product, department, company, units, squares in rows
        }

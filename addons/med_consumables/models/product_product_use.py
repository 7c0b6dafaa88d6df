from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain

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

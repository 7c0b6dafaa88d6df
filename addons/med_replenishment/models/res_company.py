from odoo import api, fields, models

#: Odoo's own default. Its forecast drops every lot that expires within the horizon and
#: does not count that the lot is used until then: a year ahead everything is missing.
ODOO_HORIZON_DAYS = 365
HORIZON_DAYS = 7


class ResCompany(models.Model):
    _inherit = "res.company"

    horizon_days = fields.Float(default=HORIZON_DAYS)
    med_review_days = fields.Float(
        string="Days between Orders",
        default=7.0,
        required=True,
        help="How long an order should last beyond its lead time.",
    )
    med_internal_lead_days = fields.Float(
        string="Days from the Store",
        default=1.0,
        required=True,
        help="How long a department waits for what it asks of the store.",
    )
    med_service_v = fields.Float(
        string="Service Level, Vital", default=0.99, required=True
    )
    med_service_e = fields.Float(
        string="Service Level, Essential",
        default=0.97,
        required=True,
        help="Also of items that have no VED class.",
    )
    med_service_d = fields.Float(
        string="Service Level, Desirable", default=0.90, required=True
    )

    _med_service_range = models.Constraint(
        "CHECK(least(med_service_v, med_service_e, med_service_d) >= 0.5"
        " AND greatest(med_service_v, med_service_e, med_service_d) < 1)",
        "A service level is at least 50 % and less than 100 %.",
    )
    _med_days_range = models.Constraint(
        "CHECK(med_review_days >= 1 AND med_internal_lead_days >= 0)",
        "Days between orders are one or more; days from the store zero or more.",
    )

    def _med_service_level(self, ved):
        """The share of cycles that should pass without a stock-out, by VED class."""
        self.ensure_one()
        levels = {"V": self.med_service_v, "D": self.med_service_d}
        return levels.get(ved, self.med_service_e)

    @api.model
    def _med_shorten_horizon(self):
        untouched = self.with_context(active_test=False).search(
            [("horizon_days", "=", ODOO_HORIZON_DAYS)]
        )
        untouched.horizon_days = HORIZON_DAYS

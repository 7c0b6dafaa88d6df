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

    med_smallest_change = fields.Float(
        string="Smallest Change",
        default=0.05,
        help="Of either level, as a share of what holds now. Smaller ones are not "
        "proposed, nor those of a unit or, of the maximum, of half a pack; more of a "
        "vital item always is. Zero: every change is proposed.",
    )
    med_auto_publish = fields.Boolean(
        string="Publish within Limits",
        help="Small changes of well-tested forecasts are published without a person.",
    )
    med_auto_change = fields.Float(
        string="Largest Change",
        default=0.25,
        help="Of either level, as a share of what holds now.",
    )
    med_auto_value = fields.Monetary(
        string="Largest Value",
        default=1000.0,
        help="By which the value of the maximum may rise or fall.",
    )
    med_auto_error = fields.Float(
        string="Largest Forecast Error",
        default=0.5,
        help="WAPE of the forecast on the past; beyond it a person decides.",
    )
    med_transfer_first_days = fields.Integer(
        string="Days to Transfer First",
        default=2,
        help="For so long a purchase waits for a transfer proposal that would serve "
        "it. Zero: it does not wait.",
    )

    med_holding_rate = fields.Float(
        string="Holding Cost a Year",
        default=0.2,
        help="Capital, room, handling, insurance and loss, as a share of the value of "
        "what is held. Finance knows it; 20 to 30 % are usual.",
    )
    med_order_line_cost = fields.Monetary(
        string="Cost of an Order Line",
        default=15.0,
        help="Ordering, receiving and putting away one line. The dearer a line, the "
        "larger and rarer the orders.",
    )
    med_internal_line_cost = fields.Monetary(
        string="Cost of a Line from the Store",
        default=1.0,
        help="Picking one line in the store and bringing it to the department.",
    )
    med_dead_days = fields.Integer(
        string="Dead after",
        default=180,
        help="Days in a place without use, and since it came, after which stock is "
        "dead.",
    )
    med_otif_share = fields.Float(
        string="In Full from",
        default=1.0,
        help="A line is in full when this share of it has come.",
    )
    med_otif_grace_days = fields.Integer(
        string="Days of Grace",
        default=0,
        help="So many days after the promised one are still on time.",
    )

    med_classified_on = fields.Date(
        string="Items Classed on", readonly=True, help="By the monthly job."
    )
    med_dead_looked_on = fields.Date(
        string="Dead Stock Looked for on", readonly=True, help="By the monthly job."
    )

    _med_service_range = models.Constraint(
        "CHECK(least(med_service_v, med_service_e, med_service_d) >= 0.5"
        " AND greatest(med_service_v, med_service_e, med_service_d) < 1)",
        "A service level is at least 50 % and less than 100 %.",
    )
    _med_days_range = models.Constraint(
        "CHECK(med_review_days BETWEEN 1 AND 180"
        " AND med_internal_lead_days BETWEEN 0 AND 60)",
        "Days between orders are 1 to 180, days from the store 0 to 60.",
    )

    _med_auto_range = models.Constraint(
        "CHECK(least(med_auto_change, med_auto_value, med_auto_error) >= 0"
        " AND med_smallest_change >= 0 AND med_transfer_first_days BETWEEN 0 AND 60)",
        "The limits of publishing by itself are zero or more; a purchase waits for a "
        "transfer from 0 to 60 days.",
    )

    _med_cost_range = models.Constraint(
        "CHECK(med_holding_rate > 0 AND med_holding_rate <= 2"
        " AND med_order_line_cost >= 0 AND med_internal_line_cost >= 0)",
        "Holding costs more than nothing and up to 200 % a year, and an order line not "
        "less than nothing.",
    )
    _med_dead_range = models.Constraint(
        "CHECK(med_dead_days > 0)",
        "Stock is dead after one day or more without use; half a year is usual.",
    )
    _med_otif_range = models.Constraint(
        "CHECK(med_otif_share > 0 AND med_otif_share <= 1"
        " AND med_otif_grace_days >= 0)",
        "In full is more than 0 and up to 100 %; days of grace are zero or more.",
    )

    def _med_service_level(self, ved):
        """The share of requests to be served in full from the shelf, by VED class."""
        self.ensure_one()
        levels = {"V": self.med_service_v, "D": self.med_service_d}
        return levels.get(ved, self.med_service_e)

    def _med_lacks_month(self, name):
        """Whether what ``name`` remembers has not been done this month."""
        self.ensure_one()
        month = self._med_day(fields.Datetime.now()).replace(day=1)
        return not self[name] or self[name] < month

    @api.model
    def _med_shorten_horizon(self):
        untouched = self.with_context(active_test=False).search(
            [("horizon_days", "=", ODOO_HORIZON_DAYS)]
        )
        untouched.horizon_days = HORIZON_DAYS

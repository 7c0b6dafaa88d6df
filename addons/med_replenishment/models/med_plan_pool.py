from datetime import timedelta

import numpy as np

from odoo import api, fields, models
from odoo.tools import SQL

from ..core.planning import learn
from ..core.pool import Pool

#: Reorder rules that a warehouse is learned from, evenly over all of them.
SAMPLE = 3000
#: What is learned holds for a day, the price of a miss for a month.
LEARN_DAYS, TUNE_DAYS = 1, 28


class MedPlanPool(models.Model):
    """What the items of a company teach each other, and whether it reaches its target.

    One record a company: the weekdays, spreads and errors learned from all items, and
    the price of a missed line at which the asked share of lines is served. The price is
    found by playing the past year again and corrected every month by what was achieved.
    """

    _name = "med.plan.pool"
    _description = "Service Achieved"
    _order = "company_id"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    learned = fields.Json(string="What Was Learned", readonly=True)
    categories = fields.Json(
        readonly=True, help="Ids, in the order in which their laws were learned."
    )
    learned_on = fields.Date(string="Learned", readonly=True)
    tuned_on = fields.Date(string="Target Checked", readonly=True)
    items = fields.Integer(string="Rules Learned from", readonly=True)
    target_fill = fields.Float(string="Asked: All Items", readonly=True)
    target_vital = fields.Float(string="Asked: Vital Items", readonly=True)
    lines = fields.Integer(string="Days with Demand", readonly=True)
    missed = fields.Integer(string="Missed", readonly=True)
    vital_lines = fields.Integer(string="Vital: Days with Demand", readonly=True)
    vital_missed = fields.Integer(string="Vital: Missed", readonly=True)
    fill_achieved = fields.Float(
        string="Achieved: All Items",
        compute="_compute_achieved",
        help="Days with demand of the last twelve months on which nothing was missing.",
    )
    vital_achieved = fields.Float(
        string="Achieved: Vital Items", compute="_compute_achieved"
    )
    price = fields.Float(
        string="Price of a Missed Line",
        digits=(16, 2),
        readonly=True,
        help="At which the target is reached; found by playing the past again.",
    )
    vital_price = fields.Float(
        string="Price of a Missed Vital Line", digits=(16, 2), readonly=True
    )

    _company_uniq = models.Constraint(
        "unique(company_id)", "There is one record a company."
    )

    @api.depends("lines", "missed", "vital_lines", "vital_missed")
    def _compute_achieved(self):
        for pool in self:
            pool.fill_achieved = 1 - pool.missed / max(pool.lines, 1)
            pool.vital_achieved = 1 - pool.vital_missed / max(pool.vital_lines, 1)

    @api.depends("company_id")
    def _compute_display_name(self):
        for pool in self:
            pool.display_name = pool.company_id.name

    @api.model
    def _of_company(self, company, today, afresh=False):
        """What is learned of ``company``, for ``core.planning``; learned when old.

        With it the ids of the categories, in the order in which it knows them.
        """
        pool = self.search([("company_id", "=", company.id)])
        if not pool:
            pool = self.create({"company_id": company.id})
        old = today - timedelta(days=LEARN_DAYS)
        known = pool.learned and pool.categories and pool.learned_on
        if afresh or not known or pool.learned_on < old:
            pool._learn(today)
        return Pool.from_json(pool.learned), pool.categories or []

    def _learn(self, today):
        """Learn from an even sample of all reorder rules of the company."""
        self.ensure_one()
        company = self.company_id
        Proposal = self.env["med.reorder.proposal"].with_company(company)
        rules = self.env["stock.warehouse.orderpoint"].search(
            [("company_id", "=", company.id), ("product_id.active", "=", True)],
            order="id",
        )
        sample = rules.browse(self._evenly(rules.ids, SAMPLE))
        categories = Proposal._categories_of(rules)
        inputs = Proposal._inputs(sample, company, today)
        panel = Proposal._panel(inputs, company, categories)
        before = Pool.from_json(self.learned) if self.learned else None
        learned = learn(*panel[:3])
        if before is not None:
            learned = learned.priced(before.price, before.truth)
        values = {
            "learned_on": today,
            "items": len(sample),
            "categories": categories,
        }
        due = today - timedelta(days=TUNE_DAYS)
        if before is None or not self.tuned_on or self.tuned_on < due:
            values |= self._achieved(today)
            learned = self._tune(panel, learned, values, today)
        stored = learned.as_json()
        # What is not tuned yet is NaN, which no database takes as JSON.
        stored["price"] = [
            None if price != price else price for price in stored["price"]
        ]
        self.write({**values, "learned": stored})

    @api.model
    def _evenly(self, ids, most):
        """``most`` of ``ids`` at most, from the first to the last at even distances.

        >>> MedPlanPool._evenly(None, list(range(6)), 3)
        [0, 2, 5]
        """
        if len(ids) <= most:
            return ids
        return [ids[at] for at in np.linspace(0, len(ids) - 1, most).astype(int)]

    def _tune(self, panel, learned, values, today):
        """Extension point: find the price of a miss; ``values`` are to be written."""
        values["tuned_on"] = today
        return learned

    def _achieved(self, today):
        """Days with demand of the last year, and those on which something was missing.

        Of places that have a reorder rule. Missing was what was asked in vain, and what
        was used though the books had nothing.
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT count(*), count(*) FILTER (WHERE missed),
                       count(*) FILTER (WHERE vital),
                       count(*) FILTER (WHERE vital AND missed)
                  FROM (
                    SELECT coalesce(template.med_ved = 'V', FALSE) AS vital,
                           coalesce(day.unserved, 0) > 0
                           OR coalesce(day.short, FALSE) AS missed
                      FROM med_demand_day day
                      JOIN stock_warehouse_orderpoint rule
                        ON rule.product_id = day.product_id
                       AND rule.location_id = day.location_id AND rule.active
                      JOIN product_product product ON product.id = day.product_id
                      JOIN product_template template
                        ON template.id = product.product_tmpl_id
                     WHERE day.company_id = %s AND day.date > %s AND day.quantity > 0
                  ) AS line
                """,
                self.company_id.id,
                today - timedelta(days=365),
            )
        )
        names = ("lines", "missed", "vital_lines", "vital_missed")
        return dict(zip(names, self.env.cr.fetchone(), strict=True))

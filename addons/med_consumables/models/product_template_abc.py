from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..core.abc import classify
from ..core.period import start_of_day


class ProductTemplate(models.Model):
    """ABC class by the value of a year's use, with the figures behind it."""

    _inherit = "product.template"

    med_abc = fields.Selection(
        [("A", "A"), ("B", "B"), ("C", "C")],
        string="ABC",
        index=True,
        copy=False,
        help="By yearly value of use: A about 70 %, B the next 20 %, C the last 10 %. "
        "Computed on the first of each month.",
    )
    med_abc_value = fields.Float(
        string="Value of a Year's Use", digits=(16, 2), readonly=True, copy=False
    )
    med_abc_share = fields.Float(
        string="Share of All Use", digits=(16, 6), readonly=True, copy=False
    )
    med_abc_before = fields.Float(
        string="Share of Dearer Items", digits=(16, 6), readonly=True, copy=False
    )
    med_abc_rank = fields.Integer(string="Rank by Value", readonly=True, copy=False)
    med_abc_of = fields.Integer(string="Items Ranked", readonly=True, copy=False)
    med_abc_cut = fields.Char(string="Cut-offs", readonly=True, copy=False)
    med_abc_date = fields.Date(string="ABC as of", readonly=True, copy=False)
    med_abc_text = fields.Char(string="Why This Class", compute="_compute_med_abc_text")

    @api.depends("med_abc", "med_abc_value", "med_abc_rank", "med_abc_date")
    @api.depends_context("lang")
    def _compute_med_abc_text(self):
        currency = self.env.company.currency_id
        for template in self:
            template.med_abc_text = template.med_abc_date and self.env._(
                "Rank %(rank)s of %(all)s: %(value)s of use in the year to %(day)s, "
                "%(share)s of all. Dearer items make %(before)s; cut-offs %(cut)s.",
                rank=template.med_abc_rank,
                all=template.med_abc_of,
                value=currency.format(template.med_abc_value),
                day=fields.Date.to_string(template.med_abc_date),
                share=f"{template.med_abc_share:.1%}",
                before=f"{template.med_abc_before:.1%}",
                cut=template.med_abc_cut,
            )

    @api.model
    def _cron_med_abc(self):
        """Class every consumable by what was used in the twelve months before today."""
        company = self.env.company
        today = company._med_day(fields.Datetime.now())
        values = self._med_yearly_value_of_use(today)
        templates = self.with_context(active_test=False).search(
            [("med_consumable", "=", True)], order="id"
        )
        ranked = classify(
            {template.id: values.get(template.id, 0.0) for template in templates},
            company.med_abc_a,
            company.med_abc_b,
        )
        cut = f"{company.med_abc_a:.0%} / {company.med_abc_b:.0%}"
        for template in templates.with_context(tracking_disable=True):
            item = ranked[template.id]
            template.write(
                {
                    "med_abc": item.letter,
                    "med_abc_value": item.value,
                    "med_abc_share": item.share,
                    "med_abc_before": item.before,
                    "med_abc_rank": item.rank,
                    "med_abc_of": len(ranked),
                    "med_abc_cut": cut,
                    "med_abc_date": today,
                }
            )

    @api.model
    def _med_yearly_value_of_use(self, today):
        """``{template id: value}`` of use and waste net of returns, in the year.

        Posted lines count with the value that they were posted with, all others
        (history from before the opening date, and what is not posted yet) with
        today's cost.
        """
        start, end = (
            start_of_day(day, self.env.company._med_time_zone())
            for day in (today - relativedelta(years=1), today)
        )
        ledger = self.env["med.consumption"]
        groups = ledger._read_group(
            ledger._demand_domain()
            & Domain("event_time", ">=", start)
            & Domain("event_time", "<", end),
            ["product_id", "state", "kind"],
            ["value:sum", "quantity:sum"],
        )
        values = {}
        for product, state, kind, value, quantity in groups:
            if state != "posted":
                sign = -1 if kind == "return" else 1
                value = sign * quantity * product.standard_price
            template = product.product_tmpl_id.id
            values[template] = values.get(template, 0.0) + value
        return values

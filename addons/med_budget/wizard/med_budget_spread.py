from collections import defaultdict
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools.date_utils import end_of

from ..core.months import months_of


class MedBudgetSpread(models.TransientModel):
    """Spread the amounts of a draft over its months."""

    _name = "med.budget.spread"
    _description = "Spread over Months"

    budget_id = fields.Many2one(
        "med.budget",
        required=True,
        readonly=True,
        default=lambda self: self.env.context.get("active_id"),
    )
    method = fields.Selection(
        [("even", "Evenly"), ("last_year", "As a year before was spent")],
        required=True,
        default="even",
    )
    line_ids = fields.Many2many(
        "med.budget.line",
        string="Lines",
        domain="[('budget_id', '=', budget_id)]",
        help="Empty: all lines of the budget.",
    )
    without_history_count = fields.Integer(
        string="Lines without Use", compute="_compute_without_history_count"
    )

    @api.depends("budget_id", "line_ids", "method")
    def _compute_without_history_count(self):
        for wizard in self:
            lines = wizard._lines() if wizard.method == "last_year" else ()
            known = wizard._weights_of_last_year() if lines else {}
            wizard.without_history_count = len(lines) - len(known)

    def _lines(self):
        return self.line_ids._origin or self.budget_id.line_ids

    def action_spread(self):
        self.ensure_one()
        self.budget_id._check_owner()
        self.budget_id._check_draft()
        weights = {}
        if self.method == "last_year":
            weights = self._weights_of_last_year()
        lines = self._lines()
        (lines - self.env["med.budget.line"].union(*weights)).month_ids.unlink()
        lines._spread(weights)
        return {"type": "ir.actions.act_window_close"}

    def _weights_of_last_year(self):
        """``{line: what was used in each month a year before}``, of lines with use.

        Months that are not over yet count as the mean of those that are.
        """
        lines = self._lines()
        if not lines:
            return {}
        used = self._used_a_year_before(lines)
        today = self.budget_id.company_id._med_day(fields.Datetime.now())
        weights = {}
        for line in lines:
            months = [
                month - relativedelta(years=1)
                for month in months_of(line.date_from, line.date_to)
            ]
            # A month with more returns than use had no use.
            amounts = {month: max(used[line, month], 0.0) for month in months}
            over = [
                amounts[month] for month in months if end_of(month, "month") < today
            ]
            if any(over):
                usual = sum(over) / len(over)
                weights[line] = [
                    Decimal(str(amounts[month] if position < len(over) else usual))
                    for position, month in enumerate(months)
                ]
        return weights

    def _used_a_year_before(self, lines):
        """``{(line, first of a month): cost of use}`` as the lines would have borne it.

        The categories of today's lines decide, as they do for this year.
        """
        budget = self.budget_id
        nearest = {
            (account, categ): line
            for line, account, categ in lines._categories_that_count()
        }
        used = defaultdict(float)
        for plan, of_plan in lines.grouped(
            lambda line: line.analytic_account_id.root_plan_id
        ).items():
            column = plan._column_name()
            groups = self.env["account.analytic.line"]._read_group(
                [
                    ("category", "=", "med_consumption"),
                    ("company_id", "=", budget.company_id.id),
                    (column, "in", of_plan.analytic_account_id.ids),
                    ("date", ">=", budget.date_from - relativedelta(years=1)),
                    ("date", "<=", budget.date_to - relativedelta(years=1)),
                ],
                [column, "product_id", "date:month"],
                ["amount:sum"],
            )
            for account, product, month, amount in groups:
                line = nearest.get((account.id, product.categ_id.id or 0))
                if line:
                    used[line, month] -= amount
        return used

from odoo import api, fields, models
from odoo.tools.date_utils import end_of


class MedBudgetMonth(models.Model):
    """A month of a budget line: what of its money is meant for it.

    What a month leaves is carried to the next one, and what it overdraws is missing
    there: an amount is available by the end of a month, not in it alone.
    """

    _name = "med.budget.month"
    _description = "Month of a Budget Line"
    _order = "line_id, month"
    _rec_name = "month"

    line_id = fields.Many2one(
        "med.budget.line", required=True, index=True, ondelete="cascade"
    )
    budget_id = fields.Many2one(related="line_id.budget_id", store=True)
    company_id = fields.Many2one(related="line_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    analytic_account_id = fields.Many2one(
        related="line_id.analytic_account_id", store=True
    )
    categ_id = fields.Many2one(related="line_id.categ_id", store=True)
    month = fields.Date(required=True, readonly=True)
    planned = fields.Monetary(required=True, default=0.0)
    used = fields.Monetary(
        compute="_compute_figures",
        help="Requested, ordered and spent, of what counts on a day of this month.",
    )
    planned_to_date = fields.Monetary(
        string="Planned So Far",
        compute="_compute_figures",
        help="What is planned for this month and those before it.",
    )
    available_to_date = fields.Monetary(
        string="Available by Then",
        compute="_compute_figures",
        help="Planned so far, less all that counts on a day of these months.",
    )

    _one_per_month = models.Constraint(
        "unique(line_id, month)", "A budget line has each month once."
    )
    _first_of_month = models.Constraint(
        "CHECK(extract(day FROM month) = 1)", "A month is named by its first day."
    )
    _planned_not_negative = models.Constraint(
        "CHECK(planned >= 0)", "A planned amount is not negative."
    )

    @api.depends("planned", "line_id.month_ids.planned")
    def _compute_figures(self):
        used = self.line_id._origin._used_by_month()
        for line, months in self.grouped("line_id").items():
            planned_so_far = used_so_far = 0.0
            wanted = {month._origin.id or month for month in months}
            for month in line.month_ids.sorted("month"):
                amount = used.get((line._origin.id, month.month), 0.0)
                planned_so_far += month.planned
                used_so_far += amount
                if (month._origin.id or month) in wanted:
                    month.used = amount
                    month.planned_to_date = planned_so_far
                    month.available_to_date = planned_so_far - used_so_far

    @api.depends("month")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for month in self:
            month.display_name = month.month and f"{month.month:%Y-%m}"

    @api.model_create_multi
    def create(self, vals_list):
        months = super().create(vals_list)
        months.line_id.budget_id._check_draft()
        return months

    def write(self, vals):
        self.check_access("write")
        self.line_id.budget_id._check_draft()
        result = super().write(vals)
        self.line_id.budget_id._check_draft()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        self.line_id.budget_id._check_draft()

    def action_open_entries(self):
        """What counts on a day of this month: the list adds up to what is used."""
        self.ensure_one()
        action = self.line_id._action_entries()
        action["name"] = self.display_name
        action["domain"] += [
            ("kind", "!=", "planned"),
            ("date", ">=", self.month),
            ("date", "<=", end_of(self.month, "month")),
        ]
        return action

from odoo import fields, models


class AccountAnalyticAccount(models.Model):
    _inherit = "account.analytic.account"

    med_department_ids = fields.One2many(
        "med.department", "analytic_account_id", string="Departments"
    )
    med_budget_line_count = fields.Integer(
        string="Number of Budget Lines", compute="_compute_med_budget_line_count"
    )

    def _compute_med_budget_line_count(self):
        Line = self.env["med.budget.line"]
        counts = {}
        if Line.has_access("read"):
            counts = dict(
                Line._read_group(
                    [("analytic_account_id", "in", self.ids)],
                    ["analytic_account_id"],
                    ["__count"],
                )
            )
        for account in self:
            account.med_budget_line_count = counts.get(account, 0)

    def action_view_med_budget(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_budget.med_budget_line_action"
        )
        action["domain"] = [("analytic_account_id", "in", self.ids)]
        action["context"] = {}
        return action

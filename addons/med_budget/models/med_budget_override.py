from odoo import api, fields, models
from odoo.exceptions import UserError


class MedBudgetOverride(models.Model):
    """Finance let an order pass although its budget is short: who, why, up to what.

    It covers what was looked at: an order that charges another cost centre, or one of
    them with more, is let pass anew. Made by the button on the order only; kept for
    ever.
    """

    _name = "med.budget.override"
    _description = "Budget Override"
    _order = "id desc"

    order_id = fields.Many2one(
        "purchase.order", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one("res.users", string="By", required=True, readonly=True)
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    amount = fields.Monetary(
        required=True,
        readonly=True,
        help="Cost of the order when it was let pass; it does not cover more.",
    )
    content = fields.Json(
        readonly=True,
        help="What each cost centre paid for each category when it was let pass.",
    )
    reason = fields.Text(required=True, readonly=True)
    situation = fields.Text(readonly=True, help="What the budget said at that moment.")

    @api.depends("order_id", "user_id")
    def _compute_display_name(self):
        for override in self:
            override.display_name = (
                f"{override.order_id.display_name} · {override.user_id.name}"
            )

    def _covers(self, content):
        """Whether nobody pays more than was let pass; see ``_budget_content``."""
        self.ensure_one()
        granted = self.content or {}
        return all(
            self.currency_id.compare_amounts(cost, granted.get(key, 0.0)) <= 0
            for key, cost in content.items()
        )

    def write(self, vals):
        raise UserError(
            self.env._("An override stays as it was given; give another one.")
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_with_draft_only(self):
        if any(override.order_id.state == "purchase" for override in self):
            raise UserError(
                self.env._("An override of a confirmed order is kept for audit.")
            )

from odoo import fields, models
from odoo.exceptions import AccessError


class MedBudgetOverrideWizard(models.TransientModel):
    """Finance lets an order pass whose budget is short, and says why."""

    _name = "med.budget.override.wizard"
    _description = "Let an Order Pass"

    order_id = fields.Many2one(
        "purchase.order",
        required=True,
        readonly=True,
        default=lambda self: self.env.context.get("active_id"),
    )
    currency_id = fields.Many2one(related="order_id.company_currency_id")
    cost = fields.Monetary(related="order_id.med_cost")
    situation = fields.Text(compute="_compute_situation")
    reason = fields.Text(required=True)

    def _compute_situation(self):
        for wizard in self:
            order = wizard.order_id
            lines = order._budget_lines()
            said = [
                (line, decision)
                for line, decision in order._budget_decisions(lines).items()
                if decision.verdict != "ok"
            ]
            wizard.situation = order._budget_text(said, order._budget_gaps(lines))

    def action_grant(self):
        """Keep the override and tell the order; the buyer then confirms it."""
        self.ensure_one()
        if not self.env.user.has_group("med_budget.group_budget_owner"):
            raise AccessError(self.env._("Only finance lets an order pass."))
        self.order_id.check_access("read")
        # On behalf of finance, who has checked and may not write orders.
        self.env["med.budget.override"].sudo().create(
            {
                "order_id": self.order_id.id,
                "user_id": self.env.user.id,
                "amount": self.cost,
                "content": self.order_id._budget_content(),
                "reason": self.reason,
                "situation": self.situation,
            }
        )
        self.order_id.sudo().message_post(
            body=self.env._(
                "%(person)s lets this order pass up to %(cost)s although the budget "
                "is short: %(reason)s",
                person=self.env.user.name,
                cost=self.currency_id.format(self.cost),
                reason=self.reason,
            ),
            author_id=self.env.user.partner_id.id,
        )
        return {"type": "ir.actions.act_window_close"}

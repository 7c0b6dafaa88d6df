from odoo import api, fields, models

#: Changing one of these on a confirmed order changes what it costs.
COSTS = {"currency_id", "date_order"}


class PurchaseOrder(models.Model):
    """No order is confirmed that its budgets do not pay, unless finance says why.

    The check (``purchase_order_check.py``) stands where the state becomes *purchase*,
    so that no button leads around it.
    """

    _inherit = "purchase.order"

    med_cost = fields.Monetary(
        string="Cost",
        compute="_compute_med_cost",
        currency_field="company_currency_id",
        help="What budgets pay: taxes that cannot be deducted included.",
    )
    med_budget_override_ids = fields.One2many(
        "med.budget.override", "order_id", string="Budget Overrides", readonly=True
    )

    @api.depends("order_line.med_cost")
    def _compute_med_cost(self):
        for order in self:
            order.med_cost = sum(order.order_line.mapped("med_cost"))

    def write(self, vals):
        if vals.get("state") == "purchase":
            self.filtered(lambda order: order.state != "purchase")._check_budget()
        if not COSTS & vals.keys():
            return super().write(vals)
        confirmed = self.filtered(lambda order: order.state == "purchase")
        before = confirmed._budget_before_change()
        result = super().write(vals)
        confirmed._check_budget_change(before)
        return result

    def action_view_budget(self):
        """What each cost centre's budget says to this order, before confirming it."""
        self.ensure_one()
        return self.env["med.budget.check"]._open(self)

    def _covering_override(self):
        """The override that covers what this order costs now."""
        self.ensure_one()
        # Whoever confirms may not read overrides; that there is one decides.
        return self.sudo().med_budget_override_ids.filtered(
            lambda override: (
                override.currency_id.compare_amounts(override.amount, self.med_cost)
                >= 0
            )
        )[:1]

from collections import defaultdict

from odoo import api, fields, models

from .purchase_order_line import WHOLE

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
        """The override that covers what this order charges to whom now."""
        self.ensure_one()
        content = self._budget_content()
        # Whoever confirms may not read overrides; that there is one decides.
        return self.sudo().med_budget_override_ids.filtered(
            lambda override: override._covers(content)
        )[:1]

    def _budget_content(self):
        """What each account pays for each category: ``{"account/category": cost}``.

        As an override keeps it. Account 0 is what no cost centre bears.
        """
        self.ensure_one()
        plan = self.company_id.med_analytic_plan_id
        content = defaultdict(float)
        for line in self.order_line.filtered("product_id"):
            shares = line._budget_shares()
            accounts = self.env["account.analytic.account"].browse(shares)
            centres = accounts.filtered(lambda account: account.root_plan_id == plan)
            shares[0] = max(WHOLE - sum(shares[each.id] for each in centres), 0.0)
            for account, percent in shares.items():
                key = f"{account}/{line.product_id.categ_id.id or 0}"
                content[key] += line.med_cost * percent / WHOLE
        return dict(content)

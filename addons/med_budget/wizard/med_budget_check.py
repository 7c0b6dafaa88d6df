from odoo import api, fields, models


class MedBudgetCheck(models.TransientModel):
    """What the budgets say to an order, before anybody confirms it."""

    _name = "med.budget.check"
    _description = "Budget Check of an Order"

    order_id = fields.Many2one("purchase.order", required=True, readonly=True)
    currency_id = fields.Many2one(related="order_id.company_currency_id")
    cost = fields.Monetary(readonly=True)
    gaps = fields.Text(string="What Cannot Be Checked", readonly=True)
    gaps_block = fields.Boolean(string="Refused for Gaps", readonly=True)
    overridden = fields.Boolean(readonly=True)
    line_ids = fields.One2many("med.budget.check.line", "check_id", readonly=True)

    @api.model
    def _open(self, order):
        """Look without taking a turn: looking at a budget holds up nobody."""
        lines = order._budget_lines()
        gaps = order._budget_gaps(lines)
        check = self.create(
            {
                "order_id": order.id,
                "cost": order.med_cost,
                "gaps": "\n".join(gaps),
                "gaps_block": order.company_id.med_budget_missing == "block",
                "overridden": bool(order._covering_override()),
                "line_ids": [
                    fields.Command.create(self._prepare_line(line, decision))
                    for line, decision in order._budget_decisions(lines).items()
                ],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Budget of %(order)s", order=order.display_name),
            "res_model": self._name,
            "res_id": check.id,
            "view_mode": "form",
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    @api.model
    def _prepare_line(self, line, decision):
        return {
            "budget_line_id": line.id,
            "name": line.display_name,
            "budget": line.budget_id.display_name,
            "planned": decision.before.planned,
            "requested": decision.after.requested,
            "ordered": decision.before.ordered,
            "spent": decision.before.spent,
            "this_order": decision.this_order,
            "available": decision.after.available,
            "available_to_date": decision.after.available_to_date,
            "verdict": decision.verdict,
        }


class MedBudgetCheckLine(models.TransientModel):
    _name = "med.budget.check.line"
    _description = "Budget Line in the Check of an Order"
    _order = "available, id"

    check_id = fields.Many2one("med.budget.check", required=True, ondelete="cascade")
    currency_id = fields.Many2one(related="check_id.currency_id")
    budget_line_id = fields.Many2one("med.budget.line", readonly=True)
    # Names as text: whoever buys may not read every cost centre's budget.
    name = fields.Char(string="Cost Centre", readonly=True)
    budget = fields.Char(readonly=True)
    planned = fields.Monetary(readonly=True)
    requested = fields.Monetary(
        readonly=True, help="Without what this order turns into an order."
    )
    ordered = fields.Monetary(readonly=True)
    spent = fields.Monetary(readonly=True)
    this_order = fields.Monetary(readonly=True)
    available = fields.Monetary(string="Then Available", readonly=True)
    available_to_date = fields.Monetary(
        string="Of It This Month",
        readonly=True,
        help="What is planned up to this month, less all that is used by then.",
    )
    verdict = fields.Selection(
        [("ok", "Pays"), ("warn", "Short: warning"), ("block", "Short: refused")],
        readonly=True,
    )

from odoo import api, fields, models


class MedBudgetCheck(models.TransientModel):
    """What the budgets say to an order or a request, before anybody agrees to it."""

    _name = "med.budget.check"
    _description = "Budget Check"

    order_id = fields.Many2one("purchase.order", readonly=True)
    request_id = fields.Many2one("purchase.request", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    cost = fields.Monetary(readonly=True)
    gaps = fields.Text(string="What Cannot Be Checked", readonly=True)
    gaps_block = fields.Boolean(string="Refused for Gaps", readonly=True)
    overridden = fields.Boolean(readonly=True)
    line_ids = fields.One2many("med.budget.check.line", "check_id", readonly=True)

    @api.model
    def _open(self, document):
        """Look without taking a turn: looking at a budget holds up nobody."""
        of_order = document._name == "purchase.order"
        values = self._of_order(document) if of_order else self._of_request(document)
        check = self.create(
            {"currency_id": document.company_id.currency_id.id, **values}
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Budget of %(order)s", order=document.display_name),
            "res_model": self._name,
            "res_id": check.id,
            "view_mode": "form",
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    @api.model
    def _of_order(self, order):
        lines = order._budget_lines()
        gaps = order._budget_gaps(lines)
        return {
            "order_id": order.id,
            "cost": order.med_cost,
            "gaps": "\n".join(gaps),
            "gaps_block": order.company_id.med_budget_missing == "block",
            "overridden": bool(order._covering_override()),
            "line_ids": self._prepare_lines(order._budget_decisions(lines)),
        }

    @api.model
    def _of_request(self, request):
        return {
            "request_id": request.id,
            "cost": request.approval_amount,
            "line_ids": self._prepare_lines(request._budget_decisions()),
        }

    @api.model
    def _prepare_lines(self, decisions):
        return [
            fields.Command.create(self._prepare_line(line, decision))
            for line, decision in decisions.items()
        ]

    @api.model
    def _prepare_line(self, line, decision):
        return {
            "budget_line_id": line.id,
            "name": line.display_name,
            "budget": line.budget_id.display_name,
            "planned": decision.before.planned,
            "requested": decision.still_requested,
            "ordered": decision.before.ordered,
            "spent": decision.before.spent,
            "this_order": decision.adds,
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
        readonly=True, help="Without what this one brings, or turns into an order."
    )
    ordered = fields.Monetary(readonly=True)
    spent = fields.Monetary(readonly=True)
    this_order = fields.Monetary(string="This One", readonly=True)
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

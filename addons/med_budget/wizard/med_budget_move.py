from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_amount


class MedBudgetMove(models.TransientModel):
    """Money of one cost centre for another: a revision that finance then approves."""

    _name = "med.budget.move"
    _description = "Move Money between Lines"

    budget_id = fields.Many2one(
        "med.budget",
        required=True,
        readonly=True,
        default=lambda self: self.env.context.get("active_id"),
    )
    currency_id = fields.Many2one(related="budget_id.currency_id")
    from_line_id = fields.Many2one(
        "med.budget.line",
        string="Taken From",
        required=True,
        domain="[('budget_id', '=', budget_id)]",
    )
    from_available = fields.Monetary(
        string="Available There", related="from_line_id.available"
    )
    to_line_id = fields.Many2one(
        "med.budget.line",
        string="Given To",
        required=True,
        domain="[('budget_id', '=', budget_id), ('id', '!=', from_line_id)]",
    )
    to_available = fields.Monetary(
        string="Available Here", related="to_line_id.available"
    )
    amount = fields.Monetary(required=True)
    reason = fields.Text(required=True)

    @api.constrains("amount", "from_line_id", "to_line_id", "budget_id")
    def _check_move(self):
        for move in self:
            if move.from_line_id == move.to_line_id:
                raise ValidationError(
                    self.env._("Money is moved from one line to another.")
                )
            if (move.from_line_id | move.to_line_id).budget_id != move.budget_id:
                raise ValidationError(
                    self.env._("Both lines belong to the budget that is revised.")
                )
            if move.currency_id.compare_amounts(move.amount, 0.0) <= 0:
                raise ValidationError(self.env._("Enter an amount above zero."))

    def action_move(self):
        """Put the move into the draft of the next revision, and open it."""
        self.ensure_one()
        action = self.budget_id.action_revise()
        draft = self.env["med.budget"].browse(action["res_id"])
        giver = draft._line_like(self.from_line_id)
        taker = draft._line_like(self.to_line_id)
        # In the draft there may be other moves already.
        spare = giver.available
        if self.currency_id.compare_amounts(self.amount, spare) > 0:
            raise UserError(
                self.env._(
                    "%(line)s has %(spare)s left and cannot give %(amount)s.",
                    line=giver.display_name,
                    spare=self._money(spare),
                    amount=self._money(self.amount),
                )
            )
        giver.planned -= self.amount
        taker.planned += self.amount
        draft.message_post(
            body=self.env._(
                "%(amount)s from %(giver)s to %(taker)s: %(reason)s",
                amount=self._money(self.amount),
                giver=giver.display_name,
                taker=taker.display_name,
                reason=self.reason,
            )
        )
        return action

    def _money(self, amount):
        return format_amount(self.env, amount, self.currency_id)

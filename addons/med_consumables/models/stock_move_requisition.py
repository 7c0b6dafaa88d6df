from odoo import api, fields, models


class StockMove(models.Model):
    """A move of a requisition tells it what became of it."""

    _inherit = "stock.move"

    med_requisition_line_id = fields.Many2one(
        "med.requisition.line",
        string="Requisition Item",
        index="btree_not_null",
        ondelete="set null",
    )
    med_substitute_ratio = fields.Float(
        string="Ratio of the Substitute",
        digits=0,
        readonly=True,
        help="Of a substitute: how many of its units took the place of one unit of the "
        "item asked for, as linked when it was chosen.",
    )

    def _action_done(self, cancel_backorder=False):
        moves = super()._action_done(cancel_backorder=cancel_backorder)
        # Whoever moves stock need not see the request.
        moves.sudo().med_requisition_line_id.requisition_id._follow_transfers()
        return moves

    def _action_cancel(self):
        requisitions = self.sudo().med_requisition_line_id.requisition_id
        result = super()._action_cancel()
        requisitions._follow_transfers()
        return result

    @api.model
    def _prepare_merge_moves_distinct_fields(self):
        return [
            *super()._prepare_merge_moves_distinct_fields(),
            "med_requisition_line_id",
            "med_substitute_ratio",
        ]

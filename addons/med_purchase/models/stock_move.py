from odoo import models


class StockMove(models.Model):
    _inherit = "stock.move"

    def _action_done(self, cancel_backorder=False):
        moves = super()._action_done(cancel_backorder=cancel_backorder)
        # On behalf of the requester: whoever receives goods may not read requests.
        allocations = moves.sudo().purchase_request_allocation_ids
        allocations.purchase_request_line_id.request_id._close_received()
        return moves

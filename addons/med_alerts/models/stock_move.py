from odoo import models


class StockMove(models.Model):
    _inherit = "stock.move"

    def _action_done(self, cancel_backorder=False):
        moves = super()._action_done(cancel_backorder=cancel_backorder)
        self.env["med.alert.touch"]._touch_moves(moves)
        return moves

    def _action_assign(self, force_qty=False):
        result = super()._action_assign(force_qty=force_qty)
        self.env["med.alert.touch"]._touch_moves(self)
        return result

    def _do_unreserve(self):
        # Reserved stock is spoken for: the lines are gone afterwards.
        self.env["med.alert.touch"]._touch_moves(self)
        return super()._do_unreserve()

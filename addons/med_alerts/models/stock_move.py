from odoo import models


class StockMove(models.Model):
    _inherit = "stock.move"

    def _action_done(self, cancel_backorder=False):
        moves = super()._action_done(cancel_backorder=cancel_backorder)
        touch = self.env["med.alert.touch"]
        touch._touch_moves(moves)
        touch._touch_records("late_receipt", moves._med_deliveries().ids)
        return moves

    def _action_confirm(self, merge=True, merge_into=False, create_proc=True):
        moves = super()._action_confirm(merge, merge_into, create_proc)
        moves._med_touch_targets()
        return moves

    def _action_cancel(self):
        deliveries = self._med_deliveries()
        result = super()._action_cancel()
        self._med_touch_targets()
        self.env["med.alert.touch"]._touch_records("late_receipt", deliveries.ids)
        return result

    def _med_touch_targets(self):
        """What is on its way to a place decides whether somebody is called there."""
        self.env["med.alert.touch"]._touch(
            (move.product_id.id, place.id)
            for move in self
            for place in move.location_dest_id | move.location_final_id
            if place.usage in ("internal", "transit")
        )

    def _med_deliveries(self):
        """Transfers of these moves that come from a supplier."""
        return self.filtered(
            lambda move: move.location_id.usage == "supplier"
        ).picking_id

    def _action_assign(self, force_qty=False):
        result = super()._action_assign(force_qty=force_qty)
        self.env["med.alert.touch"]._touch_moves(self)
        return result

    def _do_unreserve(self):
        # Reserved stock is spoken for: the lines are gone afterwards.
        self.env["med.alert.touch"]._touch_moves(self)
        return super()._do_unreserve()

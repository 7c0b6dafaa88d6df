from odoo import models


class StockMoveLine(models.Model):
    """What bears no lot and is on hold does not move towards a patient either."""

    _inherit = "stock.move.line"

    def _is_unusable(self, moment):
        if super()._is_unusable(moment):
            return True
        return not (self.lot_id or self.lot_name) and (
            self.product_id._med_held_without_lot(self.location_id)
        )

    def _lot_label(self):
        if self.lot_id or self.lot_name:
            return super()._lot_label()
        reasons = self.product_id._med_holds_without_lot(self.location_id)
        return " · ".join(
            filter(None, (self.product_id.display_name, *reasons.mapped("reason")))
        )

    def _med_look_for_other_stock(self):
        """Give up what was reserved; the transfers reserve something else."""
        moves, pickings = self.move_id, self.picking_id
        self.unlink()
        moves._action_assign()
        for picking in pickings:
            picking.message_post(
                body=self.env._(
                    "Reserved stock was put on hold; other stock was looked for."
                )
            )

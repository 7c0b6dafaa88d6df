from odoo import models


class StockLot(models.Model):
    _inherit = "stock.lot"

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"med_hold", "expiration_date", "removal_date"}:
            self.env["med.alert.touch"]._touch(
                (quant.product_id.id, quant.location_id.id)
                # Whoever changes a lot need not see all places where it lies.
                for quant in self.sudo().quant_ids
                if quant.location_id.usage in ("internal", "transit")
            )
        return result

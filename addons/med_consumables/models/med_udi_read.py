from odoo import api, fields, models

from ..core.udi import UdiError, parse


class MedUdi(models.Model):
    _inherit = "med.udi"

    @api.model
    def _med_read(self, code):
        """Items, lot and serial that a device identifier or scanned code names."""
        try:
            udi = parse(code, fields.Date.context_today(self))
            di, lot, serial = udi.di, udi.lot, udi.serial
        except UdiError:
            di, lot, serial = code, "", ""
        products = self.search([("di", "in", [di or code, code])]).product_id
        if not products:
            products = self.env["product.product"].search(
                [("barcode", "in", [di or code, code])]
            )
        return {
            "di": di or "",
            "lot": lot or "",
            "serial": serial or "",
            "product_ids": products.ids,
        }

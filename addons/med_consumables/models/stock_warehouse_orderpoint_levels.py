from odoo import fields, models


class StockWarehouseOrderpoint(models.Model):
    _inherit = "stock.warehouse.orderpoint"

    med_usable_qty = fields.Float(
        string="Usable", digits="Product Unit", compute="_compute_med_usable_qty"
    )

    def _compute_med_usable_qty(self):
        stock = self.product_id._med_stock(self.location_id)
        for level in self:
            key = level.product_id.id, level.location_id.id
            level.med_usable_qty = stock[key].usable

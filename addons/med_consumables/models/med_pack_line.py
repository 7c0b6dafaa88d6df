from odoo import fields, models


class MedPackLine(models.Model):
    """One lot of one item in a pack, in the item's own unit."""

    _name = "med.pack.line"
    _description = "Pack Contents"
    _order = "pack_id, id"
    _rec_name = "product_id"

    pack_id = fields.Many2one(
        "med.pack", required=True, index=True, ondelete="cascade", readonly=True
    )
    product_id = fields.Many2one(
        "product.product",
        string="Item",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    lot_id = fields.Many2one("stock.lot", string="Lot", readonly=True)
    quantity = fields.Float(digits="Product Unit", required=True, readonly=True)
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")

from odoo import fields, models


class MedPackTemplateLine(models.Model):
    """One item of each pack, in the item's own unit."""

    _name = "med.pack.template.line"
    _description = "Pack Template Item"
    _order = "template_id, sequence, id"
    _rec_name = "product_id"

    template_id = fields.Many2one(
        "med.pack.template", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        "product.product",
        string="Item",
        required=True,
        ondelete="restrict",
        domain="[('med_consumable', '=', True)]",
    )
    quantity = fields.Float(digits="Product Unit", required=True, default=1.0)
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")

    _product_uniq = models.Constraint(
        "unique(template_id, product_id)", "An item stands once in a pack."
    )
    _quantity_positive = models.Constraint(
        "CHECK(quantity > 0)", "A quantity is more than zero."
    )

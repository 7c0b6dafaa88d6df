from odoo import fields, models


class MedTemplateLine(models.AbstractModel):
    """One item of a template, in the item's own unit; the template holds it once.

    A model adds ``template_id`` and says that its items are unique.
    """

    _name = "med.template.line"
    _description = "Template Item"
    _order = "template_id, sequence, id"
    _rec_name = "product_id"

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

    _quantity_positive = models.Constraint(
        "CHECK(quantity > 0)", "A quantity is more than zero."
    )

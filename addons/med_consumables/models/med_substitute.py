from odoo import api, fields, models


class MedSubstitute(models.Model):
    """One item that may stand in for another, and in which ratio."""

    _name = "med.substitute"
    _description = "Substitute"
    _order = "product_id, sequence, id"

    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        "product.product",
        string="Item",
        required=True,
        index=True,
        ondelete="cascade",
        domain="[('med_consumable', '=', True)]",
    )
    substitute_id = fields.Many2one(
        "product.product",
        string="Substitute",
        required=True,
        index=True,
        ondelete="cascade",
        domain="[('med_consumable', '=', True), ('id', '!=', product_id)]",
    )
    ratio = fields.Float(
        default=1.0,
        required=True,
        digits="Product Unit",
        help="How many units of the substitute take the place of one unit of the item.",
    )
    symmetric = fields.Boolean(
        string="Both Ways", help="The item may stand in for the substitute as well."
    )
    note = fields.Char(help="What to mind when the substitute is used.")
    active = fields.Boolean(default=True)
    usable_quantity = fields.Float(
        related="substitute_id.med_usable_qty", string="Usable"
    )

    _pair_uniq = models.Constraint(
        "unique(product_id, substitute_id)", "These two items are linked already."
    )
    _pair_differs = models.Constraint(
        "CHECK(product_id != substitute_id)", "An item does not stand in for itself."
    )
    _ratio_positive = models.Constraint(
        "CHECK(ratio > 0)", "A ratio is more than zero."
    )

    @api.depends("product_id", "substitute_id")
    def _compute_display_name(self):
        for link in self:
            link.display_name = (
                f"{link.product_id.display_name} → {link.substitute_id.display_name}"
            )

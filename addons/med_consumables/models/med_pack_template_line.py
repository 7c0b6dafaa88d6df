from odoo import fields, models


class MedPackTemplateLine(models.Model):
    """One item of each pack."""

    _name = "med.pack.template.line"
    _description = "Pack Template Item"
    _inherit = ["med.template.line"]

    template_id = fields.Many2one(
        "med.pack.template", required=True, index=True, ondelete="cascade"
    )

    _product_uniq = models.Constraint(
        "unique(template_id, product_id)", "An item stands once in a pack."
    )

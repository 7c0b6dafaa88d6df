from odoo import fields, models


class MedRequisitionTemplateLine(models.Model):
    """One item that the template asks for."""

    _name = "med.requisition.template.line"
    _description = "Requisition Template Item"
    _inherit = ["med.template.line"]

    template_id = fields.Many2one(
        "med.requisition.template", required=True, index=True, ondelete="cascade"
    )

    _product_uniq = models.Constraint(
        "unique(template_id, product_id)", "An item stands once in a template."
    )

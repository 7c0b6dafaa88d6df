from odoo import api, fields, models


class MedRequisitionTemplate(models.Model):
    """What a department usually asks for: items and quantities, to start from.

    A template without a department is for all of them.
    """

    _name = "med.requisition.template"
    _description = "Requisition Template"
    _order = "name"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    department_id = fields.Many2one(
        "med.department",
        index=True,
        check_company=True,
        help="Left empty, every department may use it.",
    )
    line_ids = fields.One2many(
        "med.requisition.template.line", "template_id", string="Items", copy=True
    )
    item_count = fields.Integer(compute="_compute_item_count")

    @api.depends("line_ids")
    def _compute_item_count(self):
        for template in self:
            template.item_count = len(template.line_ids)

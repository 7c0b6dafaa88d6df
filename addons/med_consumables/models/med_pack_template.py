from odoo import api, fields, models


class MedPackTemplate(models.Model):
    """A fixed pack (定数包): what is in it, and how many a department keeps."""

    _name = "med.pack.template"
    _description = "Pack Template"
    _inherit = ["mail.thread"]
    _order = "name"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    department_id = fields.Many2one(
        "med.department",
        index=True,
        tracking=True,
        check_company=True,
        help="Who keeps such packs. Left empty, each pack is issued to any department.",
    )
    packs_kept = fields.Integer(
        help="How many closed packs the department should have on its shelf."
    )
    packs_there = fields.Integer(
        compute="_compute_packs_there", help="Issued to the department and not opened."
    )
    packs_ready = fields.Integer(
        compute="_compute_packs_there", help="Filled in the store and not issued."
    )
    line_ids = fields.One2many(
        "med.pack.template.line", "template_id", string="Contents", copy=True
    )

    def _compute_packs_there(self):
        counts = {
            (template, state): count
            for template, state, count in self.env["med.pack"]._read_group(
                [
                    ("template_id", "in", self.ids),
                    ("state", "in", ("to_print", "available", "issued")),
                ],
                ["template_id", "state"],
                ["__count"],
            )
        }
        for template in self:
            template.packs_there = counts.get((template, "issued"), 0)
            template.packs_ready = counts.get((template, "to_print"), 0) + counts.get(
                (template, "available"), 0
            )

    @api.depends("name", "department_id")
    def _compute_display_name(self):
        for template in self:
            code = template.department_id.code
            name = template.name
            template.display_name = f"{name} ({code})" if code else name

    def action_view_packs(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_pack_action"
        )
        action["domain"] = [("template_id", "in", self.ids)]
        action["context"] = {}
        return action


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

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

from odoo import api, fields, models
from odoo.exceptions import UserError


class MedPackFill(models.TransientModel):
    """How many packs are filled, for whom?"""

    _name = "med.pack.fill"
    _description = "Fill Packs"

    template_id = fields.Many2one(
        "med.pack.template", required=True, ondelete="cascade"
    )
    count = fields.Integer(
        compute="_compute_count", store=True, readonly=False, precompute=True
    )
    department_id = fields.Many2one(
        "med.department",
        compute="_compute_department_id",
        store=True,
        readonly=False,
        domain="[('kind', '!=', 'store')]",
    )

    @api.depends("template_id")
    def _compute_count(self):
        for wizard in self:
            template = wizard.template_id
            lacking = template.packs_kept - template.packs_there - template.packs_ready
            wizard.count = max(lacking, 1)

    @api.depends("template_id")
    def _compute_department_id(self):
        for wizard in self:
            wizard.department_id = wizard.template_id.department_id

    def action_fill(self):
        self.ensure_one()
        if not 0 < self.count <= 500:
            raise UserError(self.env._("Fill between 1 and 500 packs at a time."))
        packs = self.env["med.pack"]._fill(
            self.template_id, self.count, self.department_id
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_pack_action"
        )
        action["domain"] = [("id", "in", packs.ids)]
        action["context"] = {}
        return action

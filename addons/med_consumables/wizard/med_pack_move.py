from odoo import api, fields, models
from odoo.exceptions import UserError


class MedPackMove(models.TransientModel):
    """To whom are these packs issued, or why are they void?"""

    _name = "med.pack.move"
    _description = "Issue Packs or Make Them Void"

    pack_ids = fields.Many2many("med.pack", required=True)
    question = fields.Selection(
        [("issue", "Issue"), ("void", "Make Void")], required=True
    )
    department_id = fields.Many2one(
        "med.department",
        compute="_compute_department_id",
        store=True,
        readonly=False,
        domain="[('kind', '!=', 'store')]",
    )
    reason = fields.Char()

    @api.depends("pack_ids")
    def _compute_department_id(self):
        for wizard in self:
            departments = wizard.pack_ids.department_id
            wizard.department_id = departments if len(departments) == 1 else False

    def action_confirm(self):
        self.ensure_one()
        if self.question == "issue":
            if not self.department_id:
                raise UserError(
                    self.env._("Choose the department that gets the packs.")
                )
            self.pack_ids._issue(self.department_id)
        else:
            if not (self.reason or "").strip():
                raise UserError(self.env._("Say why the packs are void."))
            self.pack_ids._void(self.reason)
        return {"type": "ir.actions.act_window_close"}

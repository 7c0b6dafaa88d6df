from odoo import api, fields, models
from odoo.exceptions import UserError


class MedHisIgnore(models.TransientModel):
    """Why messages are left out for good. The reason stays on each of them."""

    _name = "med.his.ignore"
    _description = "Leave Messages Out"

    message_ids = fields.Many2many("med.his.message", required=True)
    message_count = fields.Integer(string="Messages", compute="_compute_message_count")
    reason = fields.Char()

    @api.depends("message_ids")
    def _compute_message_count(self):
        for wizard in self:
            wizard.message_count = len(wizard.message_ids)

    def action_ignore(self):
        if not (self.reason or "").strip():
            raise UserError(self.env._("Say why these messages are left out."))
        self.message_ids._leave_out(self.reason)
        return {"type": "ir.actions.act_window_close"}

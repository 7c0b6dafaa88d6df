from odoo import fields, models


class MedClosingReopen(models.TransientModel):
    """Why is a closed month opened again?"""

    _name = "med.closing.reopen"
    _description = "Open a Closed Month Again"

    closing_id = fields.Many2one("med.closing", required=True, readonly=True)
    reason = fields.Char(required=True)

    def action_reopen(self):
        self.ensure_one()
        self.closing_id._reopen(self.reason)
        return {"type": "ir.actions.act_window_close"}

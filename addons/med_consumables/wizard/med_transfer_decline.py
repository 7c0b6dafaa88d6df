from odoo import fields, models


class MedTransferDecline(models.TransientModel):
    """Why is the offer not taken? The answer keeps it from coming back tomorrow."""

    _name = "med.transfer.decline"
    _description = "Decline a Transfer Proposal"

    proposal_ids = fields.Many2many("med.transfer.proposal", required=True)
    reason = fields.Char(required=True)

    def action_decline(self):
        self.proposal_ids._decline(self.reason)
        return {"type": "ir.actions.act_window_close"}

from odoo import fields, models


class MedRequisitionReason(models.TransientModel):
    """Why is this requisition refused or cancelled?"""

    _name = "med.requisition.reason"
    _description = "Reason to Refuse or Cancel"

    requisition_ids = fields.Many2many("med.requisition", required=True)
    question = fields.Selection(
        [("refuse", "Refuse"), ("cancel", "Cancel")], required=True
    )
    reason = fields.Char(required=True)

    def action_confirm(self):
        self.ensure_one()
        if self.question == "refuse":
            self.requisition_ids._refuse(self.reason)
        else:
            self.requisition_ids._cancel(self.reason)
        return {"type": "ir.actions.act_window_close"}

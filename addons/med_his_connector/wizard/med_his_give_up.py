from odoo import fields, models


class MedHisGiveUp(models.TransientModel):
    """Why a message will not be sent."""

    _name = "med.his.give.up"
    _description = "Give Up a Message"

    outbound_ids = fields.Many2many(
        "med.his.outbound",
        required=True,
        default=lambda self: self.env.context.get("active_ids"),
    )
    reason = fields.Char(required=True)

    def action_give_up(self):
        self.outbound_ids._give_up(self.reason)
        return {"type": "ir.actions.act_window_close"}

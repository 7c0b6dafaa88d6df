from datetime import timedelta

from odoo import fields, models


class MedAlertDecision(models.TransientModel):
    """Snooze alerts until a moment, or close them as false alarms: with a reason."""

    _name = "med.alert.decision"
    _description = "Decision on Alerts"

    alert_ids = fields.Many2many("med.alert", string="Alerts", required=True)
    decision = fields.Selection(
        [("snooze", "Snooze"), ("dismiss", "False alarm")], required=True
    )
    until = fields.Datetime(
        default=lambda self: fields.Datetime.now() + timedelta(days=1),
        help="Nobody is called before then, unless it gets worse.",
    )
    reason = fields.Char()

    def action_confirm(self):
        self.ensure_one()
        if self.decision == "snooze":
            self.alert_ids._snooze(self.until, self.reason)
        else:
            self.alert_ids._dismiss(self.reason)
        return {"type": "ir.actions.act_window_close"}

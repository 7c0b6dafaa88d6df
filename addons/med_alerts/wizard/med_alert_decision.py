from datetime import UTC, datetime, time, timedelta

from odoo import api, fields, models

#: When a snooze until the morning ends, in the hospital's time.
MORNING = time(8)


class MedAlertDecision(models.TransientModel):
    """Snooze alerts until a moment, or close them as false alarms: with a reason."""

    _name = "med.alert.decision"
    _description = "Decision on Alerts"

    alert_ids = fields.Many2many("med.alert", string="Alerts", required=True)
    decision = fields.Selection(
        [("snooze", "Snooze"), ("dismiss", "False alarm")], required=True
    )
    how_long = fields.Selection(
        [
            ("shift", "Eight hours"),
            ("morning", "Until eight in the morning"),
            ("week", "A week"),
            ("moment", "Until the moment below"),
        ],
        required=True,
        default="morning",
    )
    until = fields.Datetime(
        compute="_compute_until",
        store=True,
        readonly=False,
        help="Nobody is called before then, unless it gets worse.",
    )
    reason = fields.Char()

    @api.depends("how_long")
    def _compute_until(self):
        now = fields.Datetime.now()
        moments = {
            "shift": now + timedelta(hours=8),
            "morning": self._next_morning(now),
            "week": now + timedelta(weeks=1),
        }
        for decision in self:
            decision.until = moments.get(decision.how_long, decision.until)

    def _next_morning(self, now):
        """The next morning to come, in the hospital's time; naive UTC."""
        zone = self.env.company._med_time_zone()
        local = now.replace(tzinfo=UTC).astimezone(zone)
        morning = datetime.combine(local.date(), MORNING, tzinfo=zone)
        if morning <= local:
            # The wall clock of the next day, also where clocks change that night.
            next_day = local.date() + timedelta(days=1)
            morning = datetime.combine(next_day, MORNING, tzinfo=zone)
        return morning.astimezone(UTC).replace(tzinfo=None)

    def action_confirm(self):
        self.ensure_one()
        if self.decision == "snooze":
            self.alert_ids._snooze(self.until, self.reason)
        else:
            self.alert_ids._dismiss(self.reason)
        return {"type": "ir.actions.act_window_close"}

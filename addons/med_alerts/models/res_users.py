from datetime import datetime, time, timedelta

import pytz

from odoo import fields, models


class ResUsers(models.Model):
    """How a person wants to hear of alerts."""

    _inherit = "res.users"

    med_alert_digest = fields.Selection(
        [("at_once", "Each at once"), ("daily", "Once a day, together")],
        string="Alert Messages",
        required=True,
        default="at_once",
        help="Critical alerts always come at once.",
    )
    med_alert_digest_hour = fields.Integer(
        string="Digest at",
        default=8,
        help="Hour of the day, in the person's own time zone.",
    )

    _digest_hour_of_day = models.Constraint(
        "CHECK(med_alert_digest_hour BETWEEN 0 AND 23)",
        "The hour of the digest is between 0 and 23.",
    )

    @property
    def SELF_READABLE_FIELDS(self):  # noqa: N802
        return super().SELF_READABLE_FIELDS + [
            "med_alert_digest",
            "med_alert_digest_hour",
        ]

    @property
    def SELF_WRITEABLE_FIELDS(self):  # noqa: N802
        return super().SELF_WRITEABLE_FIELDS + [
            "med_alert_digest",
            "med_alert_digest_hour",
        ]

    def _med_next_digest(self, now):
        """When the next digest of this person leaves (UTC); none: no digest."""
        if not self or self.med_alert_digest != "daily":
            return None
        zone = pytz.timezone(self.tz or "UTC")
        local = pytz.utc.localize(now).astimezone(zone)
        day = local.date()
        if local.hour >= self.med_alert_digest_hour:
            day += timedelta(days=1)
        moment = datetime.combine(day, time(self.med_alert_digest_hour))
        at = zone.localize(moment, is_dst=False).astimezone(pytz.utc)
        return at.replace(tzinfo=None)

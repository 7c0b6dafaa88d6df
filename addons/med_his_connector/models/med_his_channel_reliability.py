from datetime import timedelta

from odoo import fields, models


class MedHisChannel(models.Model):
    """How long messages of a channel are tried, waited for and kept."""

    _inherit = "med.his.channel"

    max_attempts = fields.Integer(
        string="Tries",
        default=12,
        required=True,
        tracking=True,
        help="How often a message is tried that fails for a passing reason, such as a "
        "busy database, before it becomes a dead letter. While a receiver cannot be "
        "reached, no try is counted.",
    )
    longest_wait_minutes = fields.Integer(
        string="Longest Wait Between Tries (minutes)",
        default=60,
        required=True,
        tracking=True,
    )
    park_hours = fields.Integer(
        string="Wait for a Charge (hours)",
        default=72,
        required=True,
        tracking=True,
        help="A return that comes before its charge waits so long for it; later it is "
        "an exception.",
    )
    changed_lines = fields.Selection(
        [
            ("exception", "An exception"),
            ("delta", "Record the difference"),
        ],
        string="Line Sent Again with Another Quantity",
        required=True,
        default="exception",
        tracking=True,
        help="An exception: a person decides. Record the difference: the last report "
        "holds, and what it has more or less is recorded beside the first line. It is "
        "never recorded as a second use.",
    )
    retention_days = fields.Integer(
        string="Keep Contents (days)",
        default=30,
        required=True,
        tracking=True,
        help="Contents of messages that are settled are removed after this time; their "
        "hash, keys and outcome stay. What waits for us is never removed, nor are FHIR "
        "Devices, which name no patient.",
    )
    refused_days = fields.Integer(
        string="Keep What Nobody Mended (days)",
        default=180,
        required=True,
        tracking=True,
        help="Contents of dead letters and of what was put aside are removed after "
        "this time, mended or not; until then an alert says that they wait for a "
        "person.",
    )

    _reliability_positive = models.Constraint(
        "CHECK(max_attempts > 0 AND longest_wait_minutes > 0 AND park_hours > 0"
        " AND retention_days > 0 AND refused_days > 0)",
        "Tries, waits and days are more than zero.",
    )

    def _parked_until(self):
        """When what comes now and takes back something unknown has waited enough."""
        self.ensure_one()
        return fields.Datetime.now() + timedelta(hours=self.park_hours)

    def _longest_wait(self):
        self.ensure_one()
        return timedelta(minutes=self.longest_wait_minutes)

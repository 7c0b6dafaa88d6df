from odoo import fields, models


class MedAlertLevel(models.Model):
    """How a level reaches people."""

    _inherit = "med.alert.level"

    channel_ids = fields.Many2many(
        "med.alert.channel",
        string="Channels",
        default=lambda self: self._default_channels(),
        help="How people hear of it beside their task in Odoo. Empty: the task only.",
    )

    def _default_channels(self):
        return self.env.ref("med_alerts.alert_channel_popup", raise_if_not_found=False)

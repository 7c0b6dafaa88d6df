from odoo import api, models
from odoo.fields import Domain


class MedConsumption(models.Model):
    _inherit = "med.consumption"

    @api.model
    def _pending_domain(self):
        """Lines that took something off a shelf and are not posted to stock yet."""
        return Domain("state", "in", ("recorded", "incident"))

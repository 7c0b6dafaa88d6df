from odoo import api, models


class MedConsumption(models.Model):
    _inherit = "med.consumption"

    @api.model
    def _source_names(self):
        return {**super()._source_names(), "his": self.env._("Interface")}

from odoo import models


class MedConsumption(models.Model):
    _inherit = "med.consumption"

    def _after_post(self, moves):
        result = super()._after_post(moves)
        self.env["med.alert.touch"]._touch_moves(moves)
        return result

from odoo import api, models


class MedAlertTrace(models.TransientModel):
    _inherit = "med.alert.trace"

    @api.model
    def _groups_of_everywhere(self):
        return super()._groups_of_everywhere() + ["med_replenishment.group_planner"]

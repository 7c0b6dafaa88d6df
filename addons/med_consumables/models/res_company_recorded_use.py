from odoo import models


class ResCompany(models.Model):
    _inherit = "res.company"

    def _med_gate(self, stage, troubles, overridden=False):
        """What was used is settled whatever its papers: it is kept and told, only."""
        recorded = bool(self.env.context.get("med_recorded_use"))
        return super()._med_gate(stage, troubles, overridden or recorded)

from odoo import models
from odoo.exceptions import UserError


class MedDemandDay(models.Model):
    """What a planner does with a day of demand: mark it as a one-off."""

    _inherit = "med.demand.day"

    def action_mark_one_off(self):
        """These days will not come again: what is above the usual is left out."""
        found = self.env["med.demand.one.off"]._mark(self, False)
        if not found:
            raise UserError(
                self.env._(
                    "Nothing is left out: these days are not above the usual day of "
                    "their items."
                )
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("One-off Demand"),
            "res_model": "med.demand.one.off",
            "view_mode": "list,form",
            "domain": [("id", "in", found.ids)],
        }

import numpy as np

from odoo import api, models

from ..core import fill_target

#: The demand that ``_achieved`` counts, in days.
YEAR = 365.0


class MedPlanPool(models.Model):
    """The price of a missed line at which the service asked for is reached."""

    _inherit = "med.plan.pool"

    def _tune(self, panel, learned, values, today):
        """The price at which the target is reached, corrected by what was achieved."""
        if panel[0].unseen.all():
            return learned  # nothing was used yet: there is no past to play again
        company = self.company_id
        target = fill_target.Target(company.med_service_e, company.med_service_v)
        achieved = fill_target.Achieved.nothing()
        if self.tuned_on:
            achieved = self._core_achieved(values)
        tuned = fill_target.tune(*panel[:3], learned, target, achieved)
        values.update(
            tuned_on=today,
            target_fill=target.fill,
            target_vital=target.vital,
            price=float(tuned.price[fill_target.ORDINARY]),
            vital_price=float(tuned.price[fill_target.VITAL]),
        )
        return tuned

    @api.model
    def _core_achieved(self, values):
        vital = values["vital_lines"], values["vital_missed"]
        lines = [values["lines"] - vital[0], vital[0]]
        missed = [values["missed"] - vital[1], vital[1]]
        return fill_target.Achieved(
            *(np.array(pair, float) for pair in (lines, missed)), YEAR
        )

from odoo import models
from odoo.addons.med_alerts.core.next_step import Step

from .med_alert_rule_budget import BUDGET_KINDS


class MedAlert(models.Model):
    """Money that runs short: finance revises, everybody else sees what used it."""

    _inherit = "med.alert"

    def _next_steps(self):
        steps = super()._next_steps()
        if self.kind in dict(BUDGET_KINDS):
            steps.append(Step("revise", record=self.subject_id))
        return steps

    def _step_words_revise(self, words):
        return self.env._("Look at what used the money of %(subject)s.", **words)

    def _do_revise(self, step):
        """What used the money; moving or adding some is a revision, from there."""
        return self.env["med.budget.line"].browse(self.subject_id).action_open_entries()

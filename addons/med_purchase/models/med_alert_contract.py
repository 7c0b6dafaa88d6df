from odoo import models
from odoo.addons.med_alerts.core.next_step import Step


class MedAlert(models.Model):
    """A contract that runs out: the one that follows it is one click away."""

    _inherit = "med.alert"

    def _next_steps(self):
        steps = super()._next_steps()
        if self.kind == "contract":
            steps.append(Step("renew", record=self.partner_id.id))
        return steps

    def _step_words_renew(self, words):
        if self.kind != "contract":
            return super()._step_words_renew(words)
        return self.env._(
            "Prepare the contract that follows %(subject)s with %(partner)s.", **words
        )

    def _do_renew(self, step):
        """The draft that follows, for a buyer; a task on the contract for others."""
        if self.kind != "contract":
            return super()._do_renew(step)
        contracts = self.env["purchase.requisition"]
        if not contracts.has_access("create"):
            return super()._do_renew(step)
        contract = contracts.browse(self.subject_id)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Purchase Agreement"),
            "res_model": contract._name,
            "res_id": contract._med_successor().id,
            "view_mode": "form",
        }

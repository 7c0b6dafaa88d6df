from odoo import models


class IrCron(models.Model):
    """The suite's jobs speak the language of the hospital.

    What they write for good (notes on documents, tasks, reasons) is read by its people;
    without a language of their own, jobs would write it all in English.
    """

    _inherit = "ir.cron"

    def _callback(self, cron_name, server_action_id):
        language = self.env.company.partner_id.lang
        action = self.env["ir.actions.server"].browse(server_action_id)
        own = language and action.model_id.model.startswith("med.")
        job = self.with_context(lang=language) if own else self
        return super(IrCron, job)._callback(cron_name, server_action_id)

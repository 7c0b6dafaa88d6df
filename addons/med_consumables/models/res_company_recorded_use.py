from odoo import SUPERUSER_ID, api, models


class ResCompany(models.Model):
    _inherit = "res.company"

    def _med_gate(self, stage, troubles, overridden=False):
        """What was used is settled whatever its papers: it is kept and told, only."""
        overridden = overridden or self._med_settles_recorded_use()
        return super()._med_gate(stage, troubles, overridden)

    @api.model
    def _med_settles_recorded_use(self):
        """Whether the system buys what was used already.

        A client may send the context, and a button may run elevated: neither acts as
        the system itself.
        """
        recorded = self.env.context.get("med_recorded_use")
        return self.env.uid == SUPERUSER_ID and bool(recorded)

from odoo import api, models
from odoo.tools import SQL

#: Key of the lock of those who bring demand up to date: one at a time.
REFRESH = "med_replenishment.refresh"


class MedDemandDay(models.Model):
    """Who brings demand up to date, when several want to."""

    _inherit = "med.demand.day"

    @api.model
    def _refresh_in_turn(self):
        """Bring it up to date, after whoever is at it; for the night."""
        self.env.cr.execute(SQL("SELECT pg_advisory_xact_lock(hashtext(%s))", REFRESH))
        return self._refresh()

    @api.model
    def _refresh_if_free(self, products=None):
        """Bring it up to date, or ``products`` (ids) of it, unless somebody is at it;
        for who waits at a screen.

        Two that do the same work at a time write the same rows, and one of them fails:
        that one must not be the night. What is there then is hours old at most.
        """
        self.env.cr.execute(
            SQL("SELECT pg_try_advisory_xact_lock(hashtext(%s))", REFRESH)
        )
        return self._refresh(products=products) if self.env.cr.fetchone()[0] else 0

from odoo import api, models
from odoo.fields import Domain
from odoo.tools.misc import clean_context


class MedConsumption(models.Model):
    """Use that is recorded and not on the books yet."""

    _inherit = "med.consumption"

    @api.model
    def _pending_domain(self):
        """Lines that took something off a shelf and are not posted to stock yet."""
        return Domain("state", "in", ("recorded", "incident"))

    @api.model
    def _post_used(self, products, places):
        """Post what was used of ``products`` from ``places``, now.

        Called before the books are counted, lent, reserved or sent away there: what
        was used is not there any more. A place in a shelf, or that shelves lie in,
        stands for those shelves. What cannot be posted stays an incident.
        """
        ledger = self._for_posting()
        touched = self._touched(products, places)
        while ledger._post_pending(touched):
            pass

    @api.model
    def _retry_short(self, products, places):
        """Try again what lacked stock there, where some has become free."""
        short = Domain("state", "=", "incident") & Domain(
            "incident_code", "=", "no_stock"
        )
        ledger = self._for_posting()
        ledger.search(self._touched(products, places) & short).action_retry()

    def _for_posting(self):
        """Stock follows from what was reported, whoever asks and in whatever form."""
        context = {**clean_context(self.env.context), "inventory_mode": False}
        return self.with_env(self.env(context=context, su=True))

    def _touched(self, products, places):
        return Domain("product_id", "in", products.ids) & (
            Domain("location_id", "child_of", places.ids)
            | Domain("location_id", "parent_of", places.ids)
        )

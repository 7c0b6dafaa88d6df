from odoo import models


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    def _med_quarantine(self):
        """The quarantine of this warehouse, beside its store; made where it lacks."""
        self.ensure_one()
        Location = self.env["stock.location"]
        found = Location.search(
            [
                ("med_quarantine", "=", True),
                ("location_id", "child_of", self.view_location_id.id),
                ("usage", "=", "internal"),
            ],
            limit=1,
        )
        return found or Location.create(
            {
                "name": self._med_in_its_language().env._("Quarantine"),
                "usage": "internal",
                "location_id": self.view_location_id.id,
                "company_id": self.company_id.id,
                "med_quarantine": True,
            }
        )

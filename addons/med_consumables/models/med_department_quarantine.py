from odoo import models


class MedDepartment(models.Model):
    _inherit = "med.department"

    def _med_quarantine_place(self):
        """Where pieces of this department wait until they may be used; made here."""
        self.ensure_one()
        # Whoever receives a set need not be a stock manager.
        Location = self.env["stock.location"].sudo()
        place = Location.search(
            [
                ("location_id", "=", self.stock_location_id.id),
                ("med_quarantine", "=", True),
            ],
            limit=1,
        )
        words = self.warehouse_id._med_in_its_language()
        return place or Location.create(
            {
                "name": words.env._("Quarantine"),
                "usage": "internal",
                "location_id": self.stock_location_id.id,
                "company_id": self.company_id.id,
                "med_quarantine": True,
            }
        )

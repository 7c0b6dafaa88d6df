from odoo import fields, models


class StockLocation(models.Model):
    _inherit = "stock.location"

    med_quarantine = fields.Boolean(
        string="Quarantine",
        help="Expired and held lots may be brought here; nothing is issued from here.",
    )

    def _med_departments(self):
        """The department that each location belongs to: ``{location: department}``.

        A location belongs to the department of its nearest ancestor that is a
        department's shelf; locations without one map to an empty department.
        """
        Department = self.env["med.department"]
        ancestors = {
            int(part)
            for location in self
            for part in (location.parent_path or "").split("/")
            if part
        }
        departments = Department.sudo().search(
            # Whoever may see a location may know whose shelf it is.
            [("stock_location_id", "in", list(ancestors))]
        )
        by_location = {d.stock_location_id.id: d for d in departments}
        result = {}
        for location in self:
            path = [
                int(part) for part in (location.parent_path or "").split("/") if part
            ]
            owner = next(
                (by_location[i] for i in reversed(path) if i in by_location), None
            )
            result[location] = Department.browse(owner.id if owner else ())
        return result

    def _med_in_quarantine(self):
        """Those of these locations that are quarantine, or lie inside it."""
        return self.filtered(
            lambda place: any(
                self.browse(map(int, place.parent_path.split("/")[:-1])).mapped(
                    "med_quarantine"
                )
            )
        )

    def _med_topmost(self):
        """These locations without those that lie inside another of them."""
        ids = set(self._ids)
        return self.filtered(
            lambda place: (
                not ids.intersection(
                    map(int, place.parent_path.rstrip("/").split("/")[:-1])
                )
            )
        )

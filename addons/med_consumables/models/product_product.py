from odoo import fields, models


class ProductProduct(models.Model):
    _inherit = "product.product"

    med_udi_ids = fields.One2many("med.udi", "product_id", string="Device Identifiers")

    def _med_pending_use(self, locations):
        """Use that is recorded and not posted to stock yet, net of returns.

        ``{(product id, location id): quantity in the product's unit}`` for the shelves
        in ``locations``. Whoever shows or judges stock subtracts it.
        """
        groups = (
            self.env["med.consumption"]
            .sudo()
            ._read_group(
                # Stock figures must be right for people who may not read the ledger.
                [
                    ("state", "in", ("recorded", "incident")),
                    ("product_id", "in", self.ids),
                    ("location_id", "in", locations.ids),
                ],
                ["product_id", "location_id", "kind"],
                ["quantity:sum"],
            )
        )
        pending = {}
        for product, location, kind, quantity in groups:
            key = product.id, location.id
            sign = -1 if kind == "return" else 1
            pending[key] = pending.get(key, 0.0) + sign * quantity
        return pending

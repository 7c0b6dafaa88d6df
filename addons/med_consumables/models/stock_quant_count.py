from odoo import api, models


class StockQuant(models.Model):
    _inherit = "stock.quant"

    @api.model
    def _med_set_count(self, place, scans):
        """Enter what was counted in ``place`` as Odoo's own count, ready to apply.

        Piles in packages or of other owners are left alone: a pack in the hand shows
        neither. Returns the piles.
        """
        counting = self.with_context(inventory_mode=True)
        piles = counting.search(
            [
                ("location_id", "=", place.id),
                ("product_id", "in", scans.product_id.ids),
                ("package_id", "=", False),
                ("owner_id", "=", False),
            ]
        )
        by_lot = {(pile.product_id, pile.lot_id.name or False): pile for pile in piles}
        counted = counting.browse()
        missing = []
        for scan in scans:
            pile = by_lot.get((scan.product_id, scan.lot_name or False))
            if pile:
                pile.inventory_quantity = scan.quantity
                counted |= pile
            else:
                missing.append(
                    {
                        "product_id": scan.product_id.id,
                        "location_id": place.id,
                        "lot_id": scan._lot_to_count().id,
                        "inventory_quantity": scan.quantity,
                    }
                )
        return counted | counting.create(missing)

from odoo import api, fields, models

#: What a person enters who has counted.
COUNTED = {"inventory_quantity", "inventory_quantity_auto_apply"}


class StockQuant(models.Model):
    _inherit = "stock.quant"

    med_counted_at = fields.Datetime(
        string="Count Entered On", readonly=True, copy=False
    )

    def write(self, vals):
        # The difference that is applied later is against the books of this moment.
        if (COUNTED | {"inventory_diff_quantity"}) & vals.keys():
            vals = {**vals, "med_counted_at": fields.Datetime.now()}
        posted = self.env.context.get("med_use_is_posted")
        if COUNTED & vals.keys() and not posted and self._is_inventory_mode():
            # Whoever counts does not find what was used; the difference that Odoo
            # keeps from here on is against books that know it.
            self.env["med.consumption"]._post_used(self.product_id, self.location_id)
        return super().write(vals)

    @api.model
    def _med_set_count(self, place, scans):
        """Enter what was counted in ``place`` as Odoo's own count, ready to apply.

        Piles in packages or of other owners are left alone: a pack in the hand shows
        neither. Returns the piles.
        """
        self.env["med.consumption"]._post_used(scans.product_id, place)
        counting = self.with_context(inventory_mode=True, med_use_is_posted=True)
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

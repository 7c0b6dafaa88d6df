from collections import Counter

from odoo import fields, models
from odoo.tools import SQL

from .rows import insert_rows


class MedConsumption(models.Model):
    """Posting in one go: what it does to stock, by one statement for all moves.

    The rows of the shelves are locked already (``_lock_stock``); those of the places of
    use are locked here, again in the order of their ids.
    """

    _inherit = "med.consumption"

    def _move_quants(self, planned, plain):
        """Take from the shelves what leaves and put it where used items go."""
        leaving, arriving, since = Counter(), Counter(), {}
        for move in planned:
            for (lot, place), quantity in move.quantity_by_spot.items():
                quant = plain[move.product.id, place, lot]
                leaving[quant.id] -= quantity
                key = move.product.id, move.destination.id, lot
                arriving[key] += quantity
                since[key] = quant.in_date
        known = self._lock_used_stock(arriving)
        self._add_to_quants(leaving, {})
        self._add_to_quants(
            {known[key]: arriving[key] for key in known},
            {known[key]: since[key] for key in known},
        )
        rows = [
            {
                "product_id": product,
                "location_id": place,
                "lot_id": lot,
                "quantity": quantity,
                "in_date": since[product, place, lot],
            }
            for (product, place, lot), quantity in arriving.items()
            if (product, place, lot) not in known
        ]
        lots = {lot for _product, _place, lot in arriving if lot}
        settled = [(self.env["stock.lot"].browse(lots), ["location_id"])]
        not_counted = {"inventory_quantity_set": False, "inventory_diff_quantity": 0.0}
        insert_rows(self.env["stock.quant"], rows, not_counted, settled)
        self._recompute_lot_places(lots)

    def _lock_used_stock(self, keys):
        """``{(product id, place id, lot id): quant id}`` of those that exist."""
        products, places, _lots = zip(*keys, strict=True)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT quant.product_id, quant.location_id, quant.lot_id, quant.id
                  FROM stock_quant quant
                 WHERE quant.product_id IN %s AND quant.location_id IN %s
                       AND quant.owner_id IS NULL AND quant.package_id IS NULL
              ORDER BY quant.id
                   FOR NO KEY UPDATE
                """,
                tuple(set(products)),
                tuple(set(places)),
            )
        )
        known = {}
        for product, place, lot, id_ in rows:
            key = product, place, lot
            if key in keys:
                known.setdefault(key, id_)
        return known

    def _add_to_quants(self, quantities, since):
        """Add ``{quant id: quantity}``; ``since`` says when what is there came in."""
        if not quantities:
            return
        quants = self.env["stock.quant"].browse(quantities)
        self.env.cr.execute(
            SQL(
                """
                UPDATE stock_quant quant
                   SET quantity = quant.quantity + new.quantity,
                       in_date = COALESCE(new.in_date, quant.in_date),
                       write_uid = %s, write_date = %s
                  FROM unnest(%s, %s::numeric[], %s::timestamp[])
                       AS new (id, quantity, in_date)
                 WHERE quant.id = new.id
                """,
                self.env.uid,
                fields.Datetime.now(),
                list(quantities),
                list(quantities.values()),
                [since.get(id_) for id_ in quantities],
            )
        )
        quants.invalidate_recordset(["quantity", "in_date"], flush=False)
        lots = quants.lot_id
        with self.env.protecting([lots._fields["location_id"]], lots):
            quants.modified(["quantity"])

    def _recompute_lot_places(self, lots):
        """Have Odoo compute the place of those lots that are in another place now.

        A lot in several places has none: most keep what they have, and are not written,
        so that departments which use the same lot do not wait for each other.
        """
        if not lots:
            return
        self.env["stock.quant"].flush_model()
        moved = self.env.execute_query(
            SQL(
                """
                SELECT lot.id
                  FROM stock_lot lot
             LEFT JOIN (SELECT lot_id, min(location_id) AS place
                          FROM stock_quant
                         WHERE lot_id IN %s AND quantity > 0
                      GROUP BY lot_id
                        HAVING count(DISTINCT location_id) = 1) sole
                       ON sole.lot_id = lot.id
                 WHERE lot.id IN %s AND lot.location_id IS DISTINCT FROM sole.place
                """,
                tuple(lots),
                tuple(lots),
            )
        )
        Lot = self.env["stock.lot"]
        self.env.add_to_compute(
            Lot._fields["location_id"], Lot.browse(id_ for [id_] in moved)
        )

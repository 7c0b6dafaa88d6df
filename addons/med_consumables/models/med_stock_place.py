from odoo import api, fields, models
from odoo.tools import SQL


class MedStockPlace(models.Model):
    """One row per item, place and owner that ever had stock or use.

    The one view of stock stands on these rows, so that its pages are read by an index
    however large the hospital is, and so that a shelf that ran empty is still seen.
    A row bears no figure; it is made with the first stock, use or transfer there.
    """

    _name = "med.stock.place"
    _description = "Place of an Item"
    _log_access = False
    _order = "product_id, location_id"

    product_id = fields.Many2one("product.product", required=True, ondelete="cascade")
    location_id = fields.Many2one(
        "stock.location", required=True, index=True, ondelete="cascade"
    )
    owner_id = fields.Many2one("res.partner", index="btree_not_null")

    _place_uniq = models.UniqueIndex(
        "(product_id, location_id, owner_id) NULLS NOT DISTINCT"
    )

    def init(self):
        self._fill()
        return super().init()

    @api.model
    def _fill(self):
        """Make the rows of all stock, use and transfers there are."""
        self._add_from(SQL("SELECT product_id, location_id, owner_id FROM stock_quant"))
        # Millions of rows may be new: what follows must be planned with that in mind.
        self.env.cr.execute(SQL("ANALYZE med_stock_place"))
        self._add_from(
            SQL(
                """
                SELECT product_id, location_id, NULL::integer FROM med_consumption
                WHERE state IN ('recorded', 'incident') AND location_id IS NOT NULL
                """
            )
        )
        self._add_from(
            SQL(
                """
                SELECT product_id, location_dest_id, NULL::integer FROM stock_move_line
                WHERE state IN ('assigned', 'partially_available')
                """
            )
        )

    @api.model
    def _add(self, places):
        """Make the rows that are missing of ``{(product id, place id, owner id)}``."""
        if places:
            rows = SQL(", ").join(
                SQL("(%s, %s, %s::integer)", product, place, owner or None)
                for product, place, owner in sorted(places, key=str)
            )
            self._add_from(SQL("VALUES %s", rows))

    @api.model
    def _add_from(self, rows):
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO med_stock_place (product_id, location_id, owner_id)
                SELECT DISTINCT row.product_id, row.location_id, row.owner_id
                FROM (%s) AS row (product_id, location_id, owner_id)
                JOIN stock_location place ON place.id = row.location_id
                WHERE place.usage IN ('internal', 'transit')
                AND NOT EXISTS (
                    SELECT FROM med_stock_place known
                    WHERE known.product_id = row.product_id
                    AND known.location_id = row.location_id
                    AND known.owner_id IS NOT DISTINCT FROM row.owner_id
                )
                ON CONFLICT DO NOTHING
                """,
                rows,
            )
        )
        self.invalidate_model()

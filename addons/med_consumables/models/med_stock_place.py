from odoo import api, fields, models
from odoo.tools import SQL

from .med_stock_figures import FIGURES, TRAITS, counted, new_places
from .med_stock_triggers import create_triggers

#: Places counted by one statement.
BATCH = 5_000


class MedStockPlace(models.Model):
    """One row per item, place and owner that ever had stock or use, and its figures.

    The one view of stock stands on these rows and on nothing else, so that it is
    searched, sorted and grouped quickly however large the hospital is, and so that a
    shelf that ran empty is still seen. The job that counts makes a row after the first
    stock, use or transfer; until it has, the view shows the place from the queue.

    Figures and traits are those of the last time the place was counted. A place that
    was touched since (``med.stock.touch``), or where a lot has expired since
    (``changes_at``), is counted anew by whoever reads it: see ``med.stock.overview``.
    """

    _name = "med.stock.place"
    _description = "Place of an Item"
    _log_access = False
    _order = "product_id, location_id"

    product_id = fields.Many2one(
        "product.product", string="Item", required=True, ondelete="cascade"
    )
    location_id = fields.Many2one(
        "stock.location", required=True, index=True, ondelete="cascade"
    )
    owner_id = fields.Many2one("res.partner", index="btree_not_null")

    # Without digits: sums of a million binary numbers cost a third of decimal ones.
    on_hand = fields.Float(default=0.0)
    expired = fields.Float(default=0.0)
    held = fields.Float(default=0.0)
    reserved = fields.Float(default=0.0)
    pending = fields.Float(string="Not Posted", default=0.0)
    in_transit = fields.Float(string="On Its Way", default=0.0)
    usable = fields.Float(default=0.0)
    next_expiry = fields.Date()
    daily_use = fields.Float()
    days_of_cover = fields.Float()
    value = fields.Float(default=0.0)
    changes_at = fields.Datetime(
        index="btree_not_null", help="When the next lot here leaves by its date."
    )

    # Copies of what stands on the place, the item and the company; numbers without
    # foreign keys, for the records they are copied from have them.
    company = fields.Integer()
    currency = fields.Integer()
    warehouse = fields.Integer()
    department = fields.Integer(index="btree_not_null")
    categ = fields.Integer()
    uom = fields.Integer()
    place_kind = fields.Char()
    med_value_class = fields.Char()
    med_abc = fields.Char()
    med_ved = fields.Char()
    shown = fields.Boolean(
        default=False, help="A place of stock with a consumable, as the view has."
    )

    _place_uniq = models.UniqueIndex(
        "(product_id, location_id, owner_id) NULLS NOT DISTINCT"
    )

    @api.model
    def _rebuild(self):
        """Make and count all rows anew; done at installation and at each upgrade.

        Triggers come first, and now that all tables have the columns they name.
        """
        create_triggers(self.env.cr)
        self._fill()
        self.env.cr.execute(SQL("SELECT id FROM med_stock_place ORDER BY id"))
        ids = [id_ for [id_] in self.env.cr.fetchall()]
        for start in range(0, len(ids), BATCH):
            self._count(ids[start : start + BATCH])
        self.env.cr.execute(SQL("DELETE FROM med_stock_touch"))
        self.env.cr.execute(SQL("ANALYZE med_stock_place"))

    @api.model
    def _count(self, ids):
        """Keep the figures of these places as they are now."""
        if not ids:
            return
        names = [SQL.identifier(name) for name in (*FIGURES, *TRAITS)]
        self.env.cr.execute(
            SQL(
                """
                UPDATE med_stock_place place SET (%(names)s) = ROW(%(counted)s)
                FROM (%(query)s) counted
                WHERE place.id = counted.id
                AND ROW(%(kept)s) IS DISTINCT FROM ROW(%(counted)s)
                """,
                names=SQL(", ").join(names),
                kept=SQL(", ").join(SQL("place.%s", name) for name in names),
                counted=SQL(", ").join(SQL("counted.%s", name) for name in names),
                query=counted(
                    SQL("SELECT * FROM med_stock_place WHERE id = ANY(%s)", list(ids))
                ),
            )
        )
        self.invalidate_model([*FIGURES, *TRAITS])

    @api.model
    def _add_new(self, touches):
        """Make the rows of those ``touches``, a query, that have none yet."""
        self.env.cr.execute(
            SQL(
                "INSERT INTO med_stock_place (id, product_id, location_id, owner_id) "
                "%s",
                new_places(touches),
            )
        )

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
    def _add_from(self, rows):
        """Make the rows that are missing of (item, place, owner)."""
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

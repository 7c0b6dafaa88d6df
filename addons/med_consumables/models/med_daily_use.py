from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .med_stock_figures import joined_daily_use

WINDOW_DAYS = 90


class MedDailyUse(models.Model):
    """How much of an item leaves a place a day: one row per item and place.

    The mean of the last 90 days of the ledger, use and waste less returns, made anew
    every night; where the ledger is younger, of the days there are. A ward's shelf has
    what the ward used; a store has what all departments of its warehouse used.
    """

    _name = "med.daily.use"
    _description = "Daily Use"
    _log_access = False
    _order = "product_id, location_id"

    product_id = fields.Many2one(
        "product.product", string="Item", required=True, ondelete="cascade"
    )
    location_id = fields.Many2one(
        "stock.location", string="Place", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True)
    daily_use = fields.Float(
        digits=(16, 4), help="In the product's unit per day, over the last 90 days."
    )

    _place_uniq = models.UniqueIndex("(product_id, location_id)")

    @api.model
    def _cron_refresh(self):
        self._refresh()

    @api.model
    def _refresh(self):
        """Make all rows anew from the ledger."""
        self.env["med.consumption"].flush_model()
        self.env["med.department"].flush_model()
        self.env.cr.execute(SQL("DELETE FROM med_daily_use"))
        self._insert_averages()
        self._touch_changed()
        self.invalidate_model()

    @api.model
    def _insert_averages(self):
        """Use per day of the window, or of the time since the ledger began.

        A department's use counts for its shelf, and for the store that fills it.
        """
        now = fields.Datetime.now()
        ledger = self.env["med.consumption"]
        youth = ledger._days_of_ledger(
            self.env["res.company"].sudo().search([("active", "=", True)]),  # of all
            WINDOW_DAYS,
        )
        self.env.cr.execute(
            SQL(
                """
                WITH youth (id, days) AS (VALUES %(youth)s), used AS (
                    SELECT department_id, product_id, company_id, sum(
                        CASE kind WHEN 'return' THEN -quantity ELSE quantity END
                    ) AS quantity
                    FROM med_consumption line
                    WHERE event_time >= %(begin)s AND event_time <= %(now)s
                        AND %(counts)s
                    GROUP BY department_id, product_id, company_id
                ), by_place AS (
                    SELECT used.product_id, used.company_id, used.quantity,
                        department.stock_location_id AS place_id
                    FROM used
                    JOIN med_department department ON department.id = used.department_id
                    JOIN stock_warehouse store ON store.id = department.warehouse_id
                    WHERE department.stock_location_id != store.lot_stock_id
                    UNION ALL
                    SELECT used.product_id, used.company_id, used.quantity,
                        store.lot_stock_id
                    FROM used
                    JOIN med_department department ON department.id = used.department_id
                    JOIN stock_warehouse store ON store.id = department.warehouse_id
                )
                INSERT INTO med_daily_use
                    (product_id, location_id, company_id, daily_use)
                SELECT place.product_id, place.place_id, place.company_id,
                    round((sum(place.quantity) / max(youth.days))::numeric, 4)
                FROM by_place place JOIN youth ON youth.id = place.company_id
                GROUP BY place.product_id, place.place_id, place.company_id
                HAVING sum(place.quantity) > 0
                """,
                now=now,
                begin=now - timedelta(days=WINDOW_DAYS),
                counts=ledger._demand_sql("line"),
                youth=SQL(", ").join(SQL("(%s, %s)", *pair) for pair in youth.items()),
            )
        )

    @api.model
    def _touch_changed(self):
        """Have the places counted anew whose daily use is not what was kept."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO med_stock_touch (id, product, location, owner)
                SELECT nextval('med_stock_place_id_seq'),
                    place.product_id, place.location_id, place.owner_id
                FROM med_stock_place place
                JOIN stock_location location ON location.id = place.location_id
                %s
                WHERE place.daily_use IS DISTINCT FROM used.daily_use::float8
                """,
                joined_daily_use(),
            )
        )

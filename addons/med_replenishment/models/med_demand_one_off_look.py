from odoo import api, models
from odoo.tools import SQL

#: A day is a one-off when it took this many times the usual day with use ...
TIMES_USUAL = 8
#: ... and more than so many days of average use, ...
DAYS_OF_USE = 30
#: ... on an item with so many days of use at least, to know what is usual, ...
DAYS_SEEN = 8
#: ... and no more than so many days of two years come near it: else it is a habit.
NEAR = 2
WINDOW_DAYS = 730


class MedDemandOneOff(models.Model):
    """How the night finds one-offs, and leaves them out of what the forecast reads."""

    _inherit = "med.demand.one.off"

    @api.model
    def _look_for(self, products=None):
        """Find new one-offs of ``products`` (ids; None is all) and apply all marks."""
        if products is None or products:
            some = SQL("TRUE")
            if products is not None:
                some = SQL("product_id = ANY(%s)", list(products))
            self._follow_corrections(some)
            self._candidates(some)
        self._apply()

    @api.model
    def _follow_corrections(self, some):
        """Marks on days that have other figures now: a typo was taken back, say.

        What the night found it looks at anew; of what a planner marked, what is above
        the usual day is left out still.
        """
        self.flush_model()
        self.env["med.demand.day"].flush_model()
        self.env.cr.execute(
            SQL(
                """SELECT mark.id, coalesce(day.quantity, 0)::float8
                     FROM med_demand_one_off mark
                LEFT JOIN med_demand_day day USING (product_id, location_id, date)
                    WHERE mark.state = 'left_out' AND %s
                      AND day.quantity IS DISTINCT FROM mark.quantity""",
                some,
            )
        )
        changed = dict(self.env.cr.fetchall())
        marks = self.browse(changed)
        by_night = marks.filtered(lambda mark: mark.found_by == "night")
        for mark in marks - by_night:
            quantity = changed[mark.id]
            above = max(quantity - mark.usual, 0.0)
            mark.write({"quantity": quantity, "left_out": above})
        by_night.unlink()

    @api.model
    def _candidates(self, products, some=None, by_hand=False, found_by="night"):
        """Make records of the days of ``products`` that ``some`` lets through.

        Both are SQL: on ``product_id``, and on ``day``. What is dear is asked of the
        few days that are large.
        """
        self.env.cr.execute(
            SQL(
                """
                WITH large AS MATERIALIZED (%(large)s)
                INSERT INTO med_demand_one_off (
                    company_id, product_id, location_id, department_id, date, quantity,
                    usual, days_seen, left_out, found_by, state,
                    create_uid, create_date, write_uid, write_date
                )
                SELECT large.company_id, large.product_id, large.location_id,
                       large.department_id, large.date, large.quantity,
                       round(large.median::numeric, 2), large.seen,
                       round((large.quantity - large.median)::numeric, 2), %(by)s,
                       'left_out', %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s,
                       now() AT TIME ZONE 'UTC'
                  FROM large
                 WHERE %(by_hand)s OR (
                       SELECT count(*) FROM med_demand_day AS other
                        WHERE other.product_id = large.product_id
                          AND other.location_id = large.location_id
                          AND other.date > current_date - %(window)s
                          AND other.quantity >= large.quantity / 2
                       ) <= %(near)s
                    ON CONFLICT (product_id, location_id, date) DO UPDATE
                   SET quantity = EXCLUDED.quantity, left_out = EXCLUDED.left_out,
                       usual = EXCLUDED.usual, days_seen = EXCLUDED.days_seen
             RETURNING id
                """,
                large=self._large_query(products, some or SQL("TRUE"), by_hand),
                window=WINDOW_DAYS,
                by=found_by,
                uid=self.env.uid,
                by_hand=by_hand,
                near=NEAR,
            )
        )
        found = self.browse(id_ for (id_,) in self.env.cr.fetchall())
        found.invalidate_recordset()
        return found

    @api.model
    def _large_query(self, products, some, by_hand):
        """Days far above the usual one, with that and the days it was seen on.

        By hand any day above the usual one will do.
        """
        return SQL(
            """
            WITH day AS MATERIALIZED (
                SELECT * FROM med_demand_day AS day
                 WHERE date > current_date - %(window)s AND quantity > 0
                   AND %(products)s
            ), usual AS MATERIALIZED (
                SELECT product_id, location_id, count(*) AS seen,
                       percentile_cont(0.5) WITHIN GROUP (ORDER BY quantity) AS median,
                       sum(quantity) AS total,
                       current_date - min(date) + 1 AS span
                  FROM day
              GROUP BY product_id, location_id
            )
            SELECT day.*, usual.median, usual.seen
              FROM day
              JOIN usual USING (product_id, location_id)
             WHERE %(some)s
               AND day.quantity > usual.median
               AND (%(by_hand)s OR (
                   usual.seen >= %(seen)s
                   AND day.quantity >= %(times)s * usual.median
                   AND day.quantity >= %(cover)s
                       * (usual.total - day.quantity) / usual.span
               ))
            """,
            window=WINDOW_DAYS,
            products=products,
            some=some,
            by_hand=by_hand,
            seen=DAYS_SEEN,
            times=TIMES_USUAL,
            cover=DAYS_OF_USE,
        )

    @api.model
    def _apply(self):
        """Write what is left out beside the demand: of the shelf, and of its store.

        The store sees the use of those only who report each use; of others it sees what
        it issues, on other days, and has one-offs of its own.
        """
        self.flush_model()
        self.env["med.demand.day"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                WITH mark AS (
                    SELECT product_id, location_id, date, max(left_out) AS left_out
                      FROM (
                        SELECT product_id, location_id, date, left_out
                          FROM med_demand_one_off WHERE state = 'left_out'
                         UNION ALL
                        SELECT mark.product_id, warehouse.lot_stock_id, mark.date,
                               sum(mark.left_out)
                          FROM med_demand_one_off mark
                          JOIN med_department department
                            ON department.id = mark.department_id
                          JOIN stock_warehouse warehouse
                            ON warehouse.id = department.warehouse_id
                         WHERE mark.state = 'left_out'
                           AND department.stock_keeping = 'perpetual'
                           AND warehouse.lot_stock_id <> mark.location_id
                      GROUP BY mark.product_id, warehouse.lot_stock_id, mark.date
                      ) AS both_floors
                  GROUP BY product_id, location_id, date
                ), wanted AS (
                    SELECT day.id,
                           least(mark.left_out, greatest(day.quantity, 0)) AS one_off
                      FROM mark
                      JOIN med_demand_day day USING (product_id, location_id, date)
                     UNION ALL
                    SELECT day.id, 0
                      FROM med_demand_day day
                     WHERE day.one_off <> 0
                       AND NOT EXISTS (
                           SELECT FROM mark
                            WHERE mark.product_id = day.product_id
                              AND mark.location_id = day.location_id
                              AND mark.date = day.date
                       )
                )
                UPDATE med_demand_day day SET one_off = wanted.one_off
                  FROM wanted
                 WHERE wanted.id = day.id
                   AND day.one_off IS DISTINCT FROM wanted.one_off
                """
            )
        )
        self.env["med.demand.day"].invalidate_model(["one_off"])

from datetime import date, timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .med_demand_corrections import ASKED_AGAIN_DAYS

WATERMARK = "med_replenishment.demand_seen_until"
#: A line becomes visible when its transaction ends, not when it began: the last day is
#: read again each time.
OVERLAP = timedelta(days=1)


class MedDemandDay(models.Model):
    """How the rows follow the ledger: what is new makes its days anew, in SQL."""

    _inherit = "med.demand.day"

    @api.model
    def _refresh(self, date_from=None, products=None):
        """Bring the table up to date with the ledger; returns the number of rows.

        Product days with a ledger line or issue that is new since the last time are
        made anew; with ``date_from`` all days from then on. With ``products`` (ids)
        nothing else is touched, and the night still reads all that is new. In SQL
        throughout.
        """
        self.env.flush_all()
        parameters = self.env["ir.config_parameter"].sudo()  # a job's own memory
        seen_until = parameters.get_param(WATERMARK)
        started = self.env.cr.now()
        some = (
            SQL("TRUE") if products is None else SQL("product_id = ANY(%s)", products)
        )
        if date_from or not seen_until:
            days = SQL("date >= %s AND %s", date_from or date.min, some)
            changed = products
        else:
            since = fields.Datetime.to_datetime(seen_until) - OVERLAP
            changed = self._note_changes(since, some)
            days = SQL("(product_id, date) IN (SELECT * FROM med_demand_changed)")
        # First away with it: what no longer counts has nothing to take its place.
        self._forget(days)
        self.env.cr.execute(self._refresh_query(days, changed))
        rows = self.env.cr.rowcount
        self.env["med.demand.one.off"]._look_for(changed)
        self.invalidate_model()
        if products is None:
            parameters.set_param(WATERMARK, fields.Datetime.to_string(started))
        return rows

    @api.model
    def _note_changes(self, since, some):
        """Note (product, day) that may have other figures than before in the table
        ``med_demand_changed``, generously: a day of the hospital lies within two of
        Greenwich. What is new is looked for once; returns the products (ids).
        """
        self.env.cr.execute(
            SQL(
                """
                DROP TABLE IF EXISTS med_demand_changed;
                CREATE TEMPORARY TABLE med_demand_changed ON COMMIT DROP AS
                SELECT DISTINCT product_id,
                       first_day + generate_series(-1, last_day - first_day + 1) AS date
                  FROM (SELECT DISTINCT product_id, first_at::date AS first_day,
                               last_at::date AS last_day
                          FROM (%s) change WHERE %s) AS changed;
                ANALYZE med_demand_changed;
                SELECT DISTINCT product_id FROM med_demand_changed
                """,
                self._changes(since),
                some,
            )
        )
        return [product for (product,) in self.env.cr.fetchall()]

    @api.model
    def _changes(self, since):
        """What is new since then, also what no longer counts: rows (product, first
        moment, last moment) within which it has a say. In UTC.
        """
        return SQL(
            """
            -- Use that found nothing makes the requests of the week before count.
            SELECT line.product_id,
                   coalesce(original.event_time, line.event_time) - make_interval(
                       days => CASE WHEN line.incident_code = 'no_stock'
                                    THEN %(again)s ELSE 0 END) AS first_at,
                   coalesce(original.event_time, line.event_time) AS last_at
              FROM med_consumption line
         LEFT JOIN med_consumption original ON original.id = line.reversal_of_id
             WHERE line.write_date >= %(since)s
             UNION ALL
            SELECT product_id, date, date FROM stock_move_line
             WHERE write_date >= %(since)s AND state = 'done'
             UNION ALL
            -- A substitute counts for what was asked for, on the day of the issue.
            SELECT asked.product_id, line.date, line.date
              FROM stock_move_line line
              JOIN stock_move move ON move.id = line.move_id
              JOIN med_requisition_line asked
                ON asked.id = move.med_requisition_line_id
             WHERE line.write_date >= %(since)s AND line.state = 'done'
             UNION ALL
            -- What is asked again takes the place of requests of the days before.
            SELECT asked.product_id,
                   request.asked_at - make_interval(days => %(again)s), request.asked_at
              FROM (
                SELECT asked.id FROM med_requisition_line asked
                  JOIN med_requisition request ON request.id = asked.requisition_id
                 WHERE request.write_date >= %(since)s
                 UNION
                SELECT id FROM med_requisition_line WHERE write_date >= %(since)s
                 UNION
                SELECT med_requisition_line_id FROM stock_move
                 WHERE write_date >= %(since)s AND med_requisition_line_id IS NOT NULL
              ) AS touched
              JOIN med_requisition_line asked ON asked.id = touched.id
              JOIN med_requisition request ON request.id = asked.requisition_id
             UNION ALL
            -- Whether the shelf was empty after a request is known a week later only.
            SELECT asked.product_id, request.asked_at, request.asked_at
              FROM med_requisition_line asked
              JOIN med_requisition request ON request.id = asked.requisition_id
             WHERE asked.approved_qty > asked.issued_qty
               AND request.asked_at >= %(since)s::timestamp
                   - make_interval(days => %(again)s + 1)
             UNION ALL
            SELECT product_id, event_time, event_time FROM med_history
             WHERE write_date >= %(since)s
            """,
            since=since,
            again=ASKED_AGAIN_DAYS,
        )

    @api.model
    def _forget(self, days):
        """Take the figures of ``days`` (SQL) away; marks stay."""
        self.env.cr.execute(
            SQL(
                """UPDATE med_demand_day
                      SET used = 0, dependent = 0, unserved = 0, credited = 0,
                          quantity = 0, one_off = 0, short = FALSE
                    WHERE %(days)s AND stockout;
                   DELETE FROM med_demand_day WHERE %(days)s AND NOT stockout
                """,
                days=days,
            )
        )

    @api.model
    def _refresh_query(self, touched, products=None):
        """Make the rows of ``touched`` days anew, of ``products`` (ids) or of all."""
        some = SQL("TRUE")
        if products is not None:
            some = SQL("product_id = ANY(%s)", products)
        return SQL(
            """
            WITH zone (company_id, tz) AS (VALUES %(zones)s),
                 line AS (SELECT * FROM med_consumption WHERE %(some)s),
                 moved AS (SELECT * FROM stock_move_line WHERE %(some)s),
                 ledger AS (%(ledger)s),
                 issue AS (%(issues)s),
                 found_nothing AS (
                     SELECT DISTINCT product_id, location_id, date
                       FROM ledger WHERE short
                 ),
                 demand AS (%(demand)s),
                 day AS (
                     SELECT company_id, product_id, location_id, date,
                            sum(used) AS used, sum(dependent) AS dependent,
                            sum(unserved) AS unserved, sum(credited) AS credited,
                            bool_or(short) AS short
                       FROM demand
                      WHERE location_id IS NOT NULL AND %(touched)s
                   GROUP BY company_id, product_id, location_id, date
                 ),
                 owner AS (%(owners)s)
            INSERT INTO med_demand_day (
                company_id, product_id, location_id, department_id, date,
                used, dependent, unserved, credited, quantity, one_off, stockout, short
            )
            SELECT day.company_id, day.product_id, day.location_id,
                   owner.department_id, day.date, day.used, day.dependent,
                   day.unserved, day.credited,
                   day.used + day.dependent + day.unserved + day.credited, 0, day.short,
                   day.short
              FROM day LEFT JOIN owner USING (location_id)
                ON CONFLICT (product_id, location_id, date) DO UPDATE
               SET used = EXCLUDED.used,
                   dependent = EXCLUDED.dependent,
                   unserved = EXCLUDED.unserved,
                   credited = EXCLUDED.credited,
                   quantity = EXCLUDED.quantity,
                   department_id = EXCLUDED.department_id,
                   stockout = med_demand_day.stockout OR EXCLUDED.stockout,
                   short = EXCLUDED.short
            """,
            some=some,
            zones=self._time_zones(),
            ledger=self._ledger_query(),
            issues=self._issue_query(),
            demand=self._demand_query(some),
            owners=self._owner_query(),
            touched=touched,
        )

    @api.model
    def _demand_query(self, some):
        """All that is demand, each kind in a column of its own.

        Of use the shelf has its part and the store that must supply it another.
        """
        return SQL(
            """
            SELECT company_id, product_id, location_id, date, changed, short,
                   quantity AS used, 0 AS dependent, 0 AS unserved,
                   0 AS credited
              FROM ledger
             UNION ALL
            SELECT company_id, product_id, store_id, date, changed, FALSE,
                   0, quantity, 0, 0
              FROM ledger WHERE store_id IS NOT NULL
             UNION ALL
            SELECT company_id, product_id, store_id, date, changed, FALSE,
                   0, quantity, 0, 0
              FROM issue
             UNION ALL
            SELECT company_id, product_id, location_id, date, changed, FALSE,
                   0, 0, quantity, 0
              FROM (%(unserved)s) AS unserved WHERE %(some)s
             UNION ALL
            SELECT company_id, product_id, location_id, date, changed, FALSE,
                   0, 0, 0, quantity
              FROM (%(credits)s) AS credit WHERE %(some)s
            """,
            some=some,
            unserved=self._unserved_query(),
            credits=self._credit_query(),
        )

    @api.model
    def _time_zones(self):
        """Rows (company id, time zone): the hospital's day is not the UTC day."""
        companies = self.env["res.company"].sudo()  # every company has its days
        return SQL(", ").join(
            SQL("(%s, %s)", company.id, company._med_time_zone().key)
            for company in companies.with_context(active_test=False).search(
                [("id", "!=", False)]
            )
        )

    @api.model
    def _owner_query(self):
        """The department whose shelf is nearest above each place."""
        return SQL(
            """
            SELECT DISTINCT ON (place.id)
                   place.id AS location_id, department.id AS department_id
              FROM (SELECT DISTINCT location_id FROM day) AS used
              JOIN stock_location place ON place.id = used.location_id
              JOIN stock_location shelf
                ON place.parent_path LIKE shelf.parent_path || '%%'
              JOIN med_department department
                ON department.stock_location_id = shelf.id AND department.active
          ORDER BY place.id, length(shelf.parent_path) DESC
            """
        )


# What is new is found by the day it was written on. Summaries of pages cost next to
# nothing to keep, and rows are written in the order of time.


class MedConsumption(models.Model):
    _inherit = "med.consumption"

    _med_written_idx = models.Index("USING brin (write_date)")


class MedHistory(models.Model):
    _inherit = "med.history"

    _med_written_idx = models.Index("USING brin (write_date)")


class StockMove(models.Model):
    _inherit = "stock.move"

    _med_written_idx = models.Index("USING brin (write_date)")


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    _med_written_idx = models.Index("USING brin (write_date)")

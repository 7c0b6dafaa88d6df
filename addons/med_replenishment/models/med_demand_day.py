from datetime import date, timedelta

from odoo import api, fields, models
from odoo.tools import SQL

WATERMARK = "med_replenishment.demand_seen_until"
#: A line becomes visible when its transaction ends, not when it began: the last day is
#: read again each time.
OVERLAP = timedelta(days=1)


class MedDemandDay(models.Model):
    """Units of one product asked of one place on one day of the hospital.

    ``used`` is what the ledger says, use less returns; a correction takes back the day
    it corrects. Waste, transfers, scrap and counts are no demand. ``dependent`` is what
    a store must supply: the use of departments that report it, and what is issued to
    departments that do not. So each unit counts once in each of the two, and a sum over
    departments is a sum of ``used``. What use alone does not tell is beside it:
    requests that were not served, and substitutes, which count for what was asked.

    Rows can be made again from the ledger at any time, except for the stock-out marks:
    what lay on a shelf in a past night is nowhere else.
    """

    _name = "med.demand.day"
    _description = "Demand of a Day"
    _order = "date desc, id desc"
    _log_access = False

    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, ondelete="cascade"
    )
    product_categ_id = fields.Many2one(
        related="product_id.categ_id", string="Product Category"
    )
    location_id = fields.Many2one(
        "stock.location", required=True, readonly=True, ondelete="cascade", index=True
    )
    department_id = fields.Many2one(
        "med.department",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="Whose place it is.",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    date = fields.Date(required=True, readonly=True)
    used = fields.Float(
        digits="Product Unit", readonly=True, help="Use less returns, from the ledger."
    )
    dependent = fields.Float(
        string="Asked of the Store",
        digits="Product Unit",
        readonly=True,
        help="Use of the departments that this store supplies.",
    )
    unserved = fields.Float(
        string="Asked in Vain",
        digits="Product Unit",
        readonly=True,
        help="Requests that were closed without being served, and not asked again.",
    )
    credited = fields.Float(
        string="Substitutes",
        digits="Product Unit",
        readonly=True,
        help="Substitutes issued count for the item that was asked for (plus), not for "
        "the one that stood in (minus).",
    )
    quantity = fields.Float(
        string="Demand",
        digits="Product Unit",
        readonly=True,
        help="Used, asked of the store, asked in vain and substitutes together.",
    )
    one_off = fields.Float(
        string="Left Out",
        digits="Product Unit",
        readonly=True,
        help="The part of the demand that happened once and is not expected again; "
        "the forecast does not read it. See One-off Demand.",
    )
    stockout = fields.Boolean(
        string="Out of Stock",
        readonly=True,
        help="The shelf was empty that night, or a use found nothing on the books. "
        "A day without use does not count as zero demand then.",
    )

    _day_uniq = models.Constraint(
        "unique(product_id, location_id, date)",
        "A place has one row a product and day.",
    )
    _company_date_idx = models.Index("(company_id, date)")
    _one_off_idx = models.Index("(product_id) WHERE one_off <> 0")

    @api.model
    def _refresh(self, date_from=None):
        """Bring the table up to date with the ledger; returns the number of rows.

        Product days with a ledger line or issue that is new since the last time are
        made anew; with ``date_from`` all days from then on. In SQL throughout.
        """
        self.env.flush_all()
        parameters = self.env["ir.config_parameter"].sudo()  # a job's own memory
        seen_until = parameters.get_param(WATERMARK)
        started = self.env.cr.now()
        if date_from or not seen_until:
            date_from = date_from or date.min
            self._forget(date_from)
            query = self._refresh_query(SQL("date >= %s", date_from))
            since = None
        else:
            since = fields.Datetime.to_datetime(seen_until) - OVERLAP
            query = self._refresh_query(
                SQL(
                    """(product_id, date) IN (
                        SELECT product_id, date FROM demand WHERE changed >= %s
                    )""",
                    since,
                ),
                products=self._products_changed(since),
            )
        self.env.cr.execute(query)
        rows = self.env.cr.rowcount
        self.env["med.demand.one.off"]._look_for(
            since and self._products_changed(since)
        )
        self.invalidate_model()
        parameters.set_param(WATERMARK, fields.Datetime.to_string(started))
        return rows

    @api.model
    def _products_changed(self, since):
        """Ids of products with a ledger line or a move that is new since then."""
        self.env.cr.execute(
            SQL(
                """SELECT product_id FROM med_consumption WHERE write_date >= %(since)s
                    UNION
                   SELECT product_id FROM stock_move_line
                    WHERE write_date >= %(since)s AND state = 'done'
                    UNION
                   SELECT asked.product_id
                     FROM med_requisition_line asked
                     JOIN med_requisition request ON request.id = asked.requisition_id
                LEFT JOIN stock_move move ON move.med_requisition_line_id = asked.id
                    WHERE greatest(
                        request.write_date, asked.write_date, move.write_date
                    ) >= %(since)s
                    UNION
                   SELECT product_id FROM med_history
                    WHERE write_date >= %(since)s""",
                since=since,
            )
        )
        return [product for (product,) in self.env.cr.fetchall()]

    @api.model
    def _forget(self, date_from):
        """Take the figures of all days from ``date_from`` on away; marks stay."""
        self.env.cr.execute(
            SQL(
                """UPDATE med_demand_day
                      SET used = 0, dependent = 0, unserved = 0, credited = 0,
                          quantity = 0, one_off = 0
                    WHERE date >= %(date)s AND stockout;
                   DELETE FROM med_demand_day WHERE date >= %(date)s AND NOT stockout
                """,
                date=date_from,
            )
        )

    @api.model
    def _refresh_query(self, touched, products=None):
        """Make the rows of ``touched`` days anew, of ``products`` (ids) or of all."""
        some = (
            SQL("TRUE") if products is None else SQL("product_id = ANY(%s)", products)
        )
        return SQL(
            """
            WITH zone (company_id, tz) AS (VALUES %(zones)s),
                 line AS (SELECT * FROM med_consumption WHERE %(some)s),
                 moved AS (SELECT * FROM stock_move_line WHERE %(some)s),
                 ledger AS (%(ledger)s),
                 issue AS (%(issues)s),
                 demand AS (
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
                 ),
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
                used, dependent, unserved, credited, quantity, one_off, stockout
            )
            SELECT day.company_id, day.product_id, day.location_id,
                   owner.department_id, day.date, day.used, day.dependent,
                   day.unserved, day.credited,
                   day.used + day.dependent + day.unserved + day.credited, 0, day.short
              FROM day LEFT JOIN owner USING (location_id)
                ON CONFLICT (product_id, location_id, date) DO UPDATE
               SET used = EXCLUDED.used,
                   dependent = EXCLUDED.dependent,
                   unserved = EXCLUDED.unserved,
                   credited = EXCLUDED.credited,
                   quantity = EXCLUDED.quantity,
                   department_id = EXCLUDED.department_id,
                   stockout = med_demand_day.stockout OR EXCLUDED.stockout
            """,
            some=some,
            zones=self._time_zones(),
            ledger=self._ledger_query(),
            issues=self._issue_query(),
            unserved=self._unserved_query(),
            credits=self._credit_query(),
            owners=self._owner_query(),
            touched=touched,
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
    def _ledger_query(self):
        """Use and returns, one row a line, and the store that must supply them.

        A return that corrects a line takes back the day of that line. There is no store
        where the shelf is the store's own, or where the department's use is not what
        the store sees (see ``_issue_query``); history has no issues, so there its lines
        stand for what the store supplied.
        """
        return SQL(
            """
            SELECT line.company_id,
                   line.product_id,
                   line.location_id,
                   CASE WHEN (department.stock_keeping = 'perpetual' OR line.historical)
                             AND shelf.parent_path NOT LIKE store.parent_path || '%%'
                        THEN store.id END AS store_id,
                   (COALESCE(original.event_time, line.event_time)
                    AT TIME ZONE 'UTC' AT TIME ZONE zone.tz)::date AS date,
                   CASE line.kind WHEN 'use' THEN line.quantity
                                  ELSE -line.quantity END AS quantity,
                   COALESCE(line.incident_code = 'no_stock', FALSE) AS short,
                   line.write_date AS changed
              FROM line
              JOIN zone ON zone.company_id = line.company_id
              JOIN med_department department ON department.id = line.department_id
              JOIN stock_location shelf ON shelf.id = line.location_id
              JOIN stock_warehouse warehouse ON warehouse.id = department.warehouse_id
              JOIN stock_location store ON store.id = warehouse.lot_stock_id
         LEFT JOIN med_consumption original ON original.id = line.reversal_of_id
             WHERE line.kind IN ('use', 'return')
               AND original.kind IS DISTINCT FROM 'waste'  -- waste never counted
               AND line.state NOT IN ('waiting', 'matched')  -- the same use twice
            """
        )

    @api.model
    def _issue_query(self):
        """What a store issued to departments that report no use of their own, net.

        Moves that post the ledger are left out: their lines count already.
        """
        return SQL(
            """
            SELECT line.company_id,
                   line.product_id,
                   store.id AS store_id,
                   (line.date AT TIME ZONE 'UTC' AT TIME ZONE zone.tz)::date AS date,
                   CASE WHEN source.parent_path LIKE store.parent_path || '%%'
                        THEN line.quantity_product_uom
                        ELSE -line.quantity_product_uom END AS quantity,
                   line.write_date AS changed
              FROM moved AS line
              JOIN zone ON zone.company_id = line.company_id
              JOIN stock_location source ON source.id = line.location_id
              JOIN stock_location target ON target.id = line.location_dest_id
              JOIN med_department department
                ON department.stock_keeping IN ('counted', 'expensed')
              JOIN stock_warehouse warehouse ON warehouse.id = department.warehouse_id
              JOIN stock_location store ON store.id = warehouse.lot_stock_id
         LEFT JOIN stock_location shelf ON shelf.id = department.stock_location_id
         LEFT JOIN stock_location place
                ON place.id = department.consumption_location_id
             WHERE line.state = 'done'
               AND shelf.id IS DISTINCT FROM store.id
               AND CASE WHEN source.parent_path LIKE store.parent_path || '%%'
                        THEN target.parent_path LIKE shelf.parent_path || '%%'
                             OR target.parent_path LIKE place.parent_path || '%%'
                        WHEN target.parent_path LIKE store.parent_path || '%%'
                        THEN source.parent_path LIKE shelf.parent_path || '%%'
                             OR source.parent_path LIKE place.parent_path || '%%'
                        ELSE FALSE END
               AND NOT EXISTS (
                   SELECT FROM med_consumption_allocation allocation
                    WHERE allocation.move_line_id = line.id
               )
            """
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

    @api.model
    def _mark_stockouts(self, orderpoints):
        """Mark the day that has just ended where a place is empty this night.

        Its use is then not all that was asked for.
        """
        usable = orderpoints._med_usable()
        yesterday = {
            company: company._med_day(fields.Datetime.now()) - timedelta(days=1)
            for company in orderpoints.company_id
        }
        # What is reserved is there, and somebody gets it.
        empty = orderpoints.filtered(
            lambda o: usable[o].usable + usable[o].reserved <= 0
        )
        departments = self.env["med.department"]._department_of_locations(
            empty.location_id
        )
        rows = [
            (
                orderpoint.company_id.id,
                orderpoint.product_id.id,
                orderpoint.location_id.id,
                departments[orderpoint.location_id.id].id or None,
                yesterday[orderpoint.company_id],
            )
            for orderpoint in empty
        ]
        if not rows:
            return
        self.env.cr.execute(
            SQL(
                """INSERT INTO med_demand_day (
                       company_id, product_id, location_id, department_id, date,
                       used, dependent, unserved, credited, quantity, one_off, stockout
                   )
                   SELECT company_id, product_id, location_id, department_id::int,
                          date::date, 0, 0, 0, 0, 0, 0, TRUE
                     FROM (VALUES %s) AS empty (
                         company_id, product_id, location_id, department_id, date
                     )
                       ON CONFLICT (product_id, location_id, date)
                       DO UPDATE SET stockout = TRUE""",
                SQL(", ").join(SQL("%s", row) for row in rows),
            )
        )
        self.invalidate_model()

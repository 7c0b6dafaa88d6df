from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from ..core.supplier_lead import Seen
from .supplier_measurements import Measurements

#: Deliveries older than this say nothing about a supplier of today.
WINDOW_DAYS = 730
#: What "recently" means when a supplier is compared with itself.
RECENT_DAYS = 90
#: What the SQL reads.
SOURCES = (
    "med.history",
    "purchase.order",
    "purchase.order.line",
    "res.company",
    "stock.move",
)

# Aggregates over the lines of one supplier, or of one item of it.
LEAD_TIME = SQL(
    """
    avg(promise)::float8 AS lead_promised,
    avg(lead_days) AS lead_mean,
    coalesce(stddev_samp(lead_days), 0) AS lead_sigma,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY lead_days) AS lead_p90,
    count(lead_days) FILTER (WHERE promise >= 1) AS ratios,
    avg(lead_days / promise) FILTER (WHERE promise >= 1)::float8 AS lead_ratio,
    coalesce(var_samp(lead_days / promise) FILTER (WHERE promise >= 1), 0)::float8
        AS lead_ratio_variance
    """
)
PROMISES = SQL(
    """
    avg(otif)::float8 AS otif,
    avg(on_time)::float8 AS on_time,
    avg(in_full)::float8 AS in_full,
    avg(fill)::float8 AS fill,
    count(*) FILTER (WHERE is_open AND days_late > 0) AS open_late,
    max(days_late) FILTER (WHERE is_open)::float8 AS worst_delay
    """
)
LATELY = SQL(
    """
    count(*) FILTER (WHERE due AND is_recent) AS recent_lines,
    count(*) FILTER (WHERE due AND NOT is_recent) AS before_lines,
    avg(lead_days) FILTER (WHERE is_recent) AS recent_lead,
    avg(lead_days) FILTER (WHERE NOT is_recent) AS before_lead,
    coalesce(var_samp(lead_days) FILTER (WHERE is_recent), 0) AS recent_variance,
    coalesce(var_samp(lead_days) FILTER (WHERE NOT is_recent), 0) AS before_variance,
    count(lead_days) FILTER (WHERE is_recent) AS recent_receipts,
    count(lead_days) FILTER (WHERE NOT is_recent) AS before_receipts,
    avg(otif) FILTER (WHERE is_recent)::float8 AS recent_otif,
    avg(otif) FILTER (WHERE NOT is_recent)::float8 AS before_otif
    """
)
# Prices of different items do not vary, they differ.
PRICE = SQL(
    """
    CASE WHEN subject_id IS NOT NULL THEN avg(price)::float8 END AS price_mean,
    CASE WHEN subject_id IS NOT NULL AND count(price_of_year) >= 3
        THEN (stddev_samp(price_of_year) / nullif(avg(price_of_year), 0))::float8
        END AS price_spread
    """
)


class MedSupplierPerformance(models.Model):
    """How suppliers are measured: from orders, receipts and imported history."""

    _inherit = "med.supplier.performance"

    @api.model
    def _flush_sources(self):
        for name in SOURCES:
            self.env[name].flush_model()

    @api.model
    def _measurements(self):
        """What is known of all suppliers today, read once for all reorder rules."""
        self._flush_sources()
        items = {
            (row["company_id"], row["partner_id"], row["product_id"]): row
            for row in self._measured(by_product=True)
        }
        wholes = {
            (row["company_id"], row["partner_id"]): row
            for row in self._measured(by_product=False)
        }
        return Measurements(items, wholes, self._open_ages())

    @api.model
    def _measured(self, by_product):
        """Rows of measurements, per supplier and product or per supplier."""
        self.env.cr.execute(
            SQL(
                """
                SELECT company_id, partner_id, subject_id AS product_id,
                    count(*) AS lines, count(*) FILTER (WHERE due) AS lines_due,
                    count(lead_days) AS receipts, %s, %s, %s, %s
                FROM (%s UNION ALL %s) line
                GROUP BY company_id, partner_id, subject_id
                """,
                LEAD_TIME,
                PROMISES,
                LATELY,
                PRICE,
                self._ordered_sql(by_product),
                self._imported_sql(by_product),
            )
        )
        rows = self.env.cr.dictfetchall()
        for row in rows:
            for name in ("before", "recent"):
                row[name] = Seen(
                    row.pop(f"{name}_receipts"),
                    float(row[f"{name}_lead"] or 0.0),
                    float(row.pop(f"{name}_variance")),
                )
        return rows

    @api.model
    def _subject_sql(self, by_product):
        return SQL("product_id") if by_product else SQL("NULL::int")

    @api.model
    def _ordered_sql(self, by_product):
        """Lines ordered here: their days, promises and prices."""
        return SQL(
            """
            SELECT company_id, partner_id, %(subject)s AS subject_id,
                CASE WHEN lead_days >= 0 THEN lead_days::float8 END AS lead_days,
                extract(epoch FROM promised_at - sent_at) / 86400 AS promise,
                sent_at > now() AT TIME ZONE 'UTC' - make_interval(days => %(recent)s)
                    AS is_recent,
                due, NOT due OR in_full = 0 AS is_open, days_late,
                otif, on_time, in_full, fill, price,
                CASE WHEN sent_at > now() - make_interval(days => 365) THEN price END
                    AS price_of_year
            FROM (%(lines)s) supply
            WHERE sent_at > now() AT TIME ZONE 'UTC' - make_interval(days => %(window)s)
            """,
            subject=self._subject_sql(by_product),
            lines=self.env["med.supply.line"]._table_query,
            recent=RECENT_DAYS,
            window=WINDOW_DAYS,
        )

    @api.model
    def _imported_sql(self, by_product):
        """Receipts from before the opening: nobody knows what was promised."""
        return SQL(
            """
            SELECT company_id, partner_id, %(subject)s, lead_days::float8, NULL,
                ordered_on > current_date - %(recent)s, FALSE, FALSE, NULL,
                NULL, NULL, NULL, NULL, price_unit,
                CASE WHEN ordered_on::timestamp > now() - make_interval(days => 365)
                    THEN price_unit END
            FROM med_history
            WHERE kind = 'receipt' AND ordered_on IS NOT NULL
            AND partner_id IS NOT NULL AND lead_days >= 0
            AND ordered_on > current_date - %(window)s
            """,
            subject=self._subject_sql(by_product),
            recent=RECENT_DAYS,
            window=WINDOW_DAYS,
        )

    @api.model
    def _open_ages(self):
        """Days that open lines are out: ``{(company, partner, product): ages}``."""
        ages = defaultdict(tuple)
        self.env.cr.execute(
            SQL(
                """SELECT company_id, partner_id, product_id,
                          array_agg(extract(epoch FROM now() AT TIME ZONE 'UTC'
                              - sent_at)::float8 / 86400)
                     FROM (%s) AS line
                    WHERE received < ordered
                      AND sent_at > now() AT TIME ZONE 'UTC'
                          - make_interval(days => %s)
                 GROUP BY company_id, partner_id, product_id""",
                self.env["med.supply.line"]._table_query,
                WINDOW_DAYS,
            )
        )
        for company, partner, product, days in self.env.cr.fetchall():
            ages[company, partner, product] = tuple(days)
        return ages

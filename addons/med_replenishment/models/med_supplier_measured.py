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
    "res.partner",
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
    def _measurements(self, suppliers=None):
        """What is known of suppliers, for reorder rules.

        In the night that is what the night has just measured: it is read, once for all
        rules. At other times ``suppliers`` (ids of firms) are measured now.
        """
        if self.env.context.get("med_nightly_run"):
            return self._measurements_of_tonight()
        self._flush_sources()
        items = {
            (row["company_id"], row["partner_id"], row["product_id"]): row
            for row in self._measured(by_product=True, suppliers=suppliers)
        }
        wholes = {
            (row["company_id"], row["partner_id"]): row
            for row in self._measured(by_product=False, suppliers=suppliers)
        }
        return Measurements(items, wholes, self._open_ages(suppliers))

    @api.model
    def _measurements_of_tonight(self):
        self.flush_model()
        rows = self.env.execute_query_dict(
            SQL(
                """SELECT company_id, partner_id, product_id, receipts, ratios,
                          lead_mean, lead_sigma, lead_ratio, lead_ratio_variance,
                          open_ages
                     FROM med_supplier_performance"""
            )
        )
        keys = [(r["company_id"], r["partner_id"], r["product_id"]) for r in rows]
        items = dict(zip(keys, rows, strict=True))
        wholes = {key[:2]: row for key, row in items.items() if key[2] is None}
        ages = {key: tuple(row["open_ages"] or ()) for key, row in items.items()}
        return Measurements(items, wholes, ages)

    @api.model
    def _measured(self, by_product, suppliers=None):
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
                self._ordered_sql(by_product, suppliers),
                self._imported_sql(by_product, suppliers),
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
    def _ordered_sql(self, by_product, suppliers):
        """Lines ordered here: their days, promises and prices."""
        return SQL(
            """
            SELECT company_id, partner_id, %(subject)s AS subject_id,
                CASE WHEN lead_days >= 0 THEN lead_days::float8 END AS lead_days,
                extract(epoch FROM promised_at - sent_at) / 86400 AS promise,
                sent_at > now() AT TIME ZONE 'UTC' - make_interval(days => %(recent)s)
                    AS is_recent,
                due, to_come > 0 AND received < enough AS is_open, days_late,
                otif, on_time, in_full, fill, price,
                CASE WHEN sent_at > now() - make_interval(days => 365) THEN price END
                    AS price_of_year
            FROM (%(lines)s) supply
            WHERE sent_at > now() AT TIME ZONE 'UTC' - make_interval(days => %(window)s)
            """,
            subject=self._subject_sql(by_product),
            lines=self.env["med.supply.line"]._query_of(suppliers),
            recent=RECENT_DAYS,
            window=WINDOW_DAYS,
        )

    @api.model
    def _imported_sql(self, by_product, suppliers):
        """Receipts from before the opening: nobody knows what was promised."""
        return SQL(
            """
            SELECT history.company_id, partner.commercial_partner_id, %(subject)s,
                lead_days::float8, NULL, ordered_on > current_date - %(recent)s,
                FALSE, FALSE, NULL, NULL, NULL, NULL, NULL, price_unit,
                CASE WHEN ordered_on::timestamp > now() - make_interval(days => 365)
                    THEN price_unit END
            FROM med_history history
            JOIN res_partner partner ON partner.id = history.partner_id
            WHERE kind = 'receipt' AND ordered_on IS NOT NULL AND lead_days >= 0
            AND ordered_on > current_date - %(window)s AND %(some)s
            """,
            some=SQL("TRUE")
            if suppliers is None
            else SQL("partner.commercial_partner_id = ANY(%s)", list(suppliers)),
            subject=self._subject_sql(by_product),
            recent=RECENT_DAYS,
            window=WINDOW_DAYS,
        )

    @api.model
    def _open_ages(self, suppliers=None):
        """Days that lines are out of which something is still to come, or waits in
        front of the store: ``{(company, partner, product): ages}``.
        """
        ages = defaultdict(tuple)
        self.env.cr.execute(
            SQL(
                """SELECT company_id, partner_id, product_id,
                          array_agg(extract(epoch FROM now() AT TIME ZONE 'UTC'
                              - sent_at)::float8 / 86400)
                     FROM (%s) AS line
                    WHERE (to_come > 0 AND received < ordered OR waiting)
                      AND sent_at > now() AT TIME ZONE 'UTC'
                          - make_interval(days => %s)
                 GROUP BY company_id, partner_id, product_id""",
                self.env["med.supply.line"]._line_query(suppliers),
                WINDOW_DAYS,
            )
        )
        for company, partner, product, days in self.env.cr.fetchall():
            ages[company, partner, product] = tuple(days)
        return ages

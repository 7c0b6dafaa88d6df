from collections import defaultdict
from dataclasses import dataclass

from odoo import api, fields, models
from odoo.tools import SQL

from ..core.supplier_lead import Seen, has_worsened, ninety_percent, planned_lead_time

#: Deliveries older than this say nothing about a supplier of today.
WINDOW_DAYS = 730
#: What "recently" means when a supplier is compared with itself.
RECENT_DAYS = 90
#: With fewer lines due than this a share of them is no measure.
LEAST_LINES = 5
#: A drop of the share on time and in full by this is a worsening.
OTIF_DROP = 0.2
#: What the SQL reads.
SOURCES = (
    "med.history",
    "purchase.order",
    "purchase.order.line",
    "res.company",
    "stock.move",
)


@dataclass(frozen=True)
class Measurements:
    """Lead times as measured, by ids; see ``of``."""

    items: dict
    suppliers: dict
    open_ages: dict

    def of(self, company, partner, product):
        """(ratio of the supplier, days of the item, ages of its open orders)."""
        key = company, partner, product
        return (
            _ratio(self.suppliers.get((company, partner))),
            _days(self.items.get(key)),
            self.open_ages.get(key, ()),
        )


def _ratio(row):
    """Actual over promised of a supplier; ``row`` may be None."""
    if not row or not row["ratios"]:
        return Seen()
    return Seen(row["ratios"], row["lead_ratio"], row["lead_ratio_variance"])


def _days(row):
    if not row or not row["receipts"]:
        return Seen()
    return Seen(row["receipts"], row["lead_mean"], row["lead_sigma"] ** 2)


class MedSupplierPerformance(models.Model):
    """What a supplier can do, per item and over all its items; made anew every night.

    A row without a product is the supplier as a whole. ``lead_planned`` and its spread
    are what the reorder rules plan with.
    """

    _name = "med.supplier.performance"
    _description = "Supplier Capability"
    _log_access = False
    _order = "partner_id, product_id"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Supplier",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    product_id = fields.Many2one(
        "product.product", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    product_categ_id = fields.Many2one(
        related="product_id.categ_id", string="Product Category"
    )
    whole = fields.Boolean(
        string="All Items", readonly=True, help="The supplier over all its items."
    )
    lines = fields.Integer(string="Lines Ordered", readonly=True)
    lines_due = fields.Integer(readonly=True)
    receipts = fields.Integer(string="Lines Received", readonly=True)
    lead_promised = fields.Float(
        string="Promised (days)", digits=(16, 1), readonly=True, aggregator="avg"
    )
    lead_mean = fields.Float(
        string="Lead Time (days)", digits=(16, 1), readonly=True, aggregator="avg"
    )
    lead_sigma = fields.Float(
        string="Spread", digits=(16, 1), readonly=True, aggregator="avg"
    )
    lead_p90 = fields.Float(
        string="Nine of Ten within",
        digits=(16, 1),
        readonly=True,
        aggregator="max",
        help="Days within which nine of ten lines had come.",
    )
    lead_ratio = fields.Float(
        string="Actual ÷ Promised", digits=(16, 2), readonly=True, aggregator="avg"
    )
    lead_ratio_variance = fields.Float(readonly=True)
    lead_planned = fields.Float(
        string="Planned with (days)",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="Measured, drawn to what this supplier does on all its items, and moved "
        "by open orders that are late today.",
    )
    lead_planned_p90 = fields.Float(
        string="Planned, Nine of Ten", digits=(16, 1), readonly=True, aggregator="max"
    )
    otif = fields.Float(string="OTIF", readonly=True, aggregator="avg")
    on_time = fields.Float(readonly=True, aggregator="avg")
    in_full = fields.Float(readonly=True, aggregator="avg")
    fill = fields.Float(string="Fill on Time", readonly=True, aggregator="avg")
    price_mean = fields.Float(
        string="Mean Price", digits="Product Price", readonly=True, aggregator="avg"
    )
    price_spread = fields.Float(
        string="Price Variation",
        readonly=True,
        aggregator="avg",
        help="Standard deviation ÷ mean of the prices of twelve months; from three "
        "orders on.",
    )
    recent_lines = fields.Integer(string="Lines Due, 90 Days", readonly=True)
    recent_lead = fields.Float(
        string="Lead Time, 90 Days", digits=(16, 1), readonly=True, aggregator="avg"
    )
    before_lead = fields.Float(
        string="Lead Time before", digits=(16, 1), readonly=True, aggregator="avg"
    )
    recent_otif = fields.Float(string="OTIF, 90 Days", readonly=True, aggregator="avg")
    before_otif = fields.Float(string="OTIF before", readonly=True, aggregator="avg")
    worsening = fields.Selection(
        [
            ("lead", "Slower than before"),
            ("otif", "Keeps fewer promises"),
            ("both", "Slower, and keeps fewer promises"),
        ],
        readonly=True,
    )
    open_late = fields.Integer(
        string="Late Today", readonly=True, help="Open lines past their promised day."
    )
    worst_delay = fields.Float(
        string="Most Days Late",
        digits=(16, 1),
        readonly=True,
        aggregator="max",
        help="Of the open lines.",
    )

    _subject_uniq = models.UniqueIndex(
        "(company_id, partner_id, COALESCE(product_id, 0))"
    )

    @api.depends("partner_id", "product_id")
    def _compute_display_name(self):
        for row in self:
            names = (row.partner_id.display_name, row.product_id.display_name)
            row.display_name = " · ".join(name for name in names if name)

    def action_view_lines(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_replenishment.med_supply_line_action"
        )
        domain = [
            ("partner_id", "=", self.partner_id.id),
            ("company_id", "=", self.company_id.id),
        ]
        if self.product_id:
            domain.append(("product_id", "=", self.product_id.id))
        return {**action, "domain": domain, "context": {}}

    @api.model
    def _refresh(self):
        """Make all rows anew from orders, receipts and imported history."""
        self._flush_sources()
        rows = [*self._measured(by_product=True), *self._measured(by_product=False)]
        open_ages = self._open_ages()
        whole = {
            (row["company_id"], row["partner_id"]): row
            for row in rows
            if row["product_id"] is None
        }
        for row in rows:
            key = row["company_id"], row["partner_id"], row["product_id"]
            supplier = whole[row["company_id"], row["partner_id"]]
            row.update(self._judged(row, supplier, open_ages.get(key, ())))
        for row in rows:
            del row["ratios"]
        self.env.cr.execute("DELETE FROM med_supplier_performance")
        self.invalidate_model()
        self.create(rows)

    @api.model
    def _flush_sources(self):
        for name in SOURCES:
            self.env[name].flush_model()

    @api.model
    def _judged(self, row, supplier, open_ages):
        """What follows from the measurements of one row."""
        lead = planned_lead_time(
            row["lead_promised"] or row["lead_mean"] or 0.0,
            _days(row),
            _ratio(supplier),
            open_ages,
        )
        slower = has_worsened(row.pop("before"), row.pop("recent"))
        lines = row.pop("before_lines"), row["recent_lines"]
        fewer = (
            min(lines) >= LEAST_LINES
            and (row["before_otif"] or 0.0) - (row["recent_otif"] or 0.0) >= OTIF_DROP
        )
        both = "both" if slower and fewer else False
        return {
            "whole": row["product_id"] is None,
            "lead_planned": lead.mean,
            "lead_planned_p90": ninety_percent(lead),
            "worsening": both or (slower and "lead") or (fewer and "otif") or False,
        }

    @api.model
    def _measured(self, by_product):
        """Rows of measurements, per supplier and product or per supplier, in SQL."""
        whole = SQL("product_id") if by_product else SQL("NULL::int")
        self.env.cr.execute(
            SQL(
                """
                WITH supply AS (%(lines)s),
                     line AS (
                    SELECT company_id, partner_id, %(group)s AS subject_id, sent_at,
                           CASE WHEN lead_days >= 0 THEN lead_days::float8 END
                               AS lead_days, days_late, due,
                           otif, on_time, in_full, fill, price,
                           extract(epoch FROM promised_at - sent_at) / 86400 AS promise,
                           sent_at > now() AT TIME ZONE 'UTC'
                               - make_interval(days => %(recent)s) AS is_recent,
                           NOT due OR in_full = 0 AS is_open
                      FROM supply
                     WHERE sent_at > now() AT TIME ZONE 'UTC'
                           - make_interval(days => %(window)s)
                     UNION ALL
                    SELECT company_id, partner_id, %(group)s, ordered_on::timestamp,
                           lead_days::float8, NULL, FALSE, NULL, NULL, NULL, NULL,
                           price_unit, NULL,
                           ordered_on > current_date - %(recent)s, FALSE
                      FROM med_history
                     WHERE kind = 'receipt' AND ordered_on IS NOT NULL
                       AND partner_id IS NOT NULL AND lead_days >= 0
                       AND ordered_on > current_date - %(window)s
                )
                SELECT company_id, partner_id, subject_id AS product_id,
                       count(*) AS lines, count(*) FILTER (WHERE due) AS lines_due,
                       count(lead_days) AS receipts,
                       avg(promise)::float8 AS lead_promised,
                       avg(lead_days) AS lead_mean,
                       coalesce(stddev_samp(lead_days), 0) AS lead_sigma,
                       percentile_cont(0.9) WITHIN GROUP (ORDER BY lead_days)
                           AS lead_p90,
                       count(lead_days) FILTER (WHERE promise >= 1) AS ratios,
                       avg(lead_days / promise) FILTER (WHERE promise >= 1)::float8
                           AS lead_ratio,
                       coalesce(var_samp(lead_days / promise)
                           FILTER (WHERE promise >= 1), 0)::float8
                           AS lead_ratio_variance,
                       avg(otif)::float8 AS otif, avg(on_time)::float8 AS on_time,
                       avg(in_full)::float8 AS in_full, avg(fill)::float8 AS fill,
                       CASE WHEN subject_id IS NOT NULL THEN avg(price)::float8 END
                           AS price_mean,
                       count(*) FILTER (WHERE due AND is_recent) AS recent_lines,
                       count(*) FILTER (WHERE due AND NOT is_recent) AS before_lines,
                       avg(lead_days) FILTER (WHERE is_recent) AS recent_lead,
                       avg(lead_days) FILTER (WHERE NOT is_recent) AS before_lead,
                       coalesce(var_samp(lead_days) FILTER (WHERE is_recent), 0)
                           AS recent_variance,
                       coalesce(var_samp(lead_days) FILTER (WHERE NOT is_recent), 0)
                           AS before_variance,
                       count(lead_days) FILTER (WHERE is_recent) AS recent_receipts,
                       count(lead_days) FILTER (WHERE NOT is_recent)
                           AS before_receipts,
                       avg(otif) FILTER (WHERE is_recent)::float8 AS recent_otif,
                       avg(otif) FILTER (WHERE NOT is_recent)::float8 AS before_otif,
                       count(*) FILTER (WHERE is_open AND days_late > 0) AS open_late,
                       max(days_late) FILTER (WHERE is_open)::float8 AS worst_delay,
                       -- Prices of different items do not vary, they differ.
                       CASE WHEN subject_id IS NOT NULL
                                 AND count(price) FILTER (WHERE sent_at > now()
                                     - make_interval(days => 365)) >= 3
                            THEN (stddev_samp(price) FILTER (WHERE sent_at > now()
                                   - make_interval(days => 365))
                               / nullif(avg(price) FILTER (WHERE sent_at > now()
                                   - make_interval(days => 365)), 0))::float8 END
                           AS price_spread
                  FROM line
              GROUP BY company_id, partner_id, subject_id
                """,
                lines=self.env["med.supply.line"]._table_query,
                recent=RECENT_DAYS,
                window=WINDOW_DAYS,
                group=whole,
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

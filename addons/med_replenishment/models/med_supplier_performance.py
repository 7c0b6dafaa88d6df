from odoo import api, fields, models

from ..core.supplier_lead import has_worsened, ninety_percent, planned_lead_time
from .supplier_measurements import days_seen, ratio_seen

#: With fewer lines due than this a share of them is no measure.
LEAST_LINES = 5
#: A drop of the share on time and in full by this is a worsening.
OTIF_DROP = 0.2


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
    ratios = fields.Integer(
        readonly=True, help="How many lines had a promise that can be compared with."
    )
    open_ages = fields.Json(
        readonly=True, help="Days that the open lines have been out for."
    )
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
            row["open_ages"] = open_ages.get(key, ())
            row.update(self._judged(row, supplier, row["open_ages"]))
        self.env.cr.execute("DELETE FROM med_supplier_performance")
        self.invalidate_model()
        self.create(rows)

    @api.model
    def _judged(self, row, supplier, open_ages):
        """What follows from the measurements of one row."""
        lead = planned_lead_time(
            row["lead_promised"] or row["lead_mean"] or 0.0,
            days_seen(row),
            ratio_seen(supplier),
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

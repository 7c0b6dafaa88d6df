from odoo import api, fields, models
from odoo.tools import SQL


class MedHisUseAgainstCharge(models.Model):
    """One row per use that the ward and the information system should both report, and
    one per charge that moves stock itself.

    Charged and used are what each side told; what only one of them told is *charged,
    not used* or *used, not charged*, in pieces and at the item's cost when reported.
    Returns count against it. So, over any department, item and time:

        charged - used = charged, not used - used, not charged
        recovery rate  = charged amount / cost of what was used

    A row bears twice the id of its pair (``med.consumption.match``), or twice that of
    its line and one. What was taken back before the other report came is left out. Use
    that is not posted yet costs what the item costs now. Where a charge told no amount,
    neither its amount nor its cost is in the rate, for unknown is not nothing.
    """

    _name = "med.his.use.against.charge"
    _description = "Use against Charge"
    _auto = False
    _rec_name = "product_id"
    _order = "event_time desc, id desc"
    _depends = {
        "med.consumption": [
            "charged_amount",
            "charged_now",
            "historical",
            "match_id",
            "quantity",
            "source",
            "state",
            "value",
        ],
        "med.consumption.match": [
            "charged_quantity",
            "company_id",
            "department_id",
            "difference",
            "event_time",
            "kind",
            "missing_quantity",
            "product_categ_id",
            "product_id",
            "scanned_quantity",
            "state",
            "value",
        ],
    }

    match_id = fields.Many2one(
        "med.consumption.match", string="Charge and Scan", readonly=True
    )
    line_id = fields.Many2one("med.consumption", string="Charge", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    department_id = fields.Many2one("med.department", readonly=True)
    product_id = fields.Many2one("product.product", string="Item", readonly=True)
    product_categ_id = fields.Many2one(
        "product.category", string="Category", readonly=True
    )
    uom_id = fields.Many2one(related="product_id.uom_id")
    currency_id = fields.Many2one(related="company_id.currency_id")
    event_time = fields.Datetime(string="When", readonly=True)
    kind = fields.Selection(
        [("use", "Use"), ("return", "Return"), ("waste", "Waste")], readonly=True
    )
    state = fields.Selection(selection="_selection_state", readonly=True)
    charged = fields.Float(digits="Product Unit", readonly=True)
    used = fields.Float(digits="Product Unit", readonly=True)
    charged_not_used = fields.Float(
        string="Charged, Not Used", digits="Product Unit", readonly=True
    )
    used_not_charged = fields.Float(
        string="Used, Not Charged", digits="Product Unit", readonly=True
    )
    charged_not_used_value = fields.Monetary(
        string="Charged, Not Used (Cost)", readonly=True
    )
    used_not_charged_value = fields.Monetary(
        string="Used, Not Charged (Cost)", readonly=True
    )
    charged_amount = fields.Monetary(readonly=True)
    cost = fields.Monetary(string="Cost of Use", readonly=True)
    recovery_rate = fields.Float(
        readonly=True,
        aggregator="avg",
        help="Charged amount over the cost of what was used. 100 % is what is bought "
        "and charged at one price; less is paid by the hospital.",
    )
    amount_unknown = fields.Boolean(
        string="Amount Not Told",
        readonly=True,
        help="A charge of this use told no amount, so it is not in the recovery rate.",
    )

    @api.model
    def _selection_state(self):
        match = self.env["med.consumption.match"]._fields["state"]
        return [
            *match._description_selection(self.env),
            ("single", self.env._("Charge moves stock")),
        ]

    @api.model
    def _read_group_select(self, aggregate_spec, query):
        """The rate of many is that of their sums, and no mean of rates."""
        if aggregate_spec != "recovery_rate:avg":
            return super()._read_group_select(aggregate_spec, query)
        names = ("charged_amount", "cost", "amount_unknown")
        amount, cost, unknown = (
            self._field_to_sql(self._table, name, query) for name in names
        )
        return SQL(
            "SUM(%s) FILTER (WHERE NOT %s) / NULLIF(SUM(%s) FILTER (WHERE NOT %s), 0)",
            amount,
            unknown,
            cost,
            unknown,
        )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT each.*,
                   CASE WHEN NOT each.amount_unknown
                        THEN each.charged_amount / NULLIF(each.cost, 0)
                        END AS recovery_rate
              FROM (%s UNION ALL %s) each
            """,
            self._pairs(),
            self._single_charges(),
        )

    @api.model
    def _pairs(self):
        return SQL(
            """
            SELECT 2::bigint * pair.id AS id, pair.id AS match_id,
                   NULL::integer AS line_id, pair.company_id, pair.department_id,
                   pair.product_id, pair.product_categ_id, pair.event_time, pair.kind,
                   pair.state,
                   sign.of * pair.charged_quantity AS charged,
                   sign.of * pair.scanned_quantity AS used,
                   sign.of * GREATEST(pair.difference, 0) AS charged_not_used,
                   sign.of * GREATEST(-pair.difference, 0) AS used_not_charged,
                   CASE WHEN pair.difference > 0 THEN sign.of * worth.each ELSE 0 END
                       AS charged_not_used_value,
                   CASE WHEN pair.difference < 0 THEN sign.of * worth.each ELSE 0 END
                       AS used_not_charged_value,
                   told.amount AS charged_amount, told.cost AS cost,
                   told.unknown AS amount_unknown
              FROM med_consumption_match pair
              JOIN product_product product ON product.id = pair.product_id
              CROSS JOIN LATERAL (
                   SELECT CASE WHEN pair.kind = 'return' THEN -1 ELSE 1 END AS of
                   ) sign
              CROSS JOIN LATERAL (
                   SELECT CASE WHEN pair.missing_quantity > 0
                               THEN COALESCE(pair.value, 0) ELSE 0 END AS each
                   ) worth
              CROSS JOIN LATERAL (
                   SELECT COALESCE(SUM(COALESCE(line.charged_now,
                                               line.charged_amount)), 0) AS amount,
                          COALESCE(BOOL_OR(line.source LIKE 'his:%%'
                                   AND line.charged_now IS NULL
                                   AND line.charged_amount IS NULL), FALSE) AS unknown,
                          COALESCE(SUM(%s), 0) AS cost
                     FROM med_consumption line
                    WHERE line.match_id = pair.id
                   ) told
             WHERE pair.state <> 'cancelled'
            """,
            COST,
        )

    @api.model
    def _single_charges(self):
        """Charges that nobody else reports, as far as they tell an amount; use that a
        cabinet reports is no charge."""
        return SQL(
            """
            SELECT 2::bigint * line.id + 1, NULL::integer, line.id, line.company_id,
                   line.department_id, line.product_id, template.categ_id,
                   line.event_time, line.kind, 'single',
                   sign.of * line.quantity, sign.of * line.quantity, 0, 0, 0, 0,
                   COALESCE(line.charged_now, line.charged_amount), %s, FALSE
              FROM med_consumption line
              JOIN product_product product ON product.id = line.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
              CROSS JOIN LATERAL (
                   SELECT CASE WHEN line.kind = 'return' THEN -1 ELSE 1 END AS of
                   ) sign
             WHERE line.match_id IS NULL
               AND COALESCE(line.charged_now, line.charged_amount) IS NOT NULL
               AND line.state IN ('recorded', 'posted', 'incident')
            """,
            COST,
        )

    def action_open(self):
        """The pair, where what is missing is explained or posted; else the charge."""
        self.ensure_one()
        return (self.match_id or self.line_id)._get_records_action()


#: Of one line that moves stock: what it cost, or will as far as can be said now.
COST = SQL(
    """CASE WHEN line.state = 'posted' THEN line.value
            WHEN line.state IN ('recorded', 'incident')
            THEN sign.of * line.quantity * COALESCE(
                 (product.standard_price ->> line.company_id::text)::numeric, 0)
            ELSE 0 END"""
)

from odoo import fields, models
from odoo.tools import SQL

#: What was promised of ``pol``, and the end of the last day that is on time.
PROMISE = SQL(
    """
    SELECT coalesce(pol.med_promised_at, pol.date_planned) AS promised_at,
           date_trunc('day', coalesce(pol.med_promised_at, pol.date_planned))
               + make_interval(days => 1 + coalesce(company.med_otif_grace_days, 0))
               AS last_day
    """
)
#: What came of ``pol`` less what went back, in the product's own unit.
CAME = SQL(
    """
    SELECT max(move.date) FILTER (WHERE back.usage = 'supplier') AS received_at,
           sum(part.quantity) AS received,
           sum(part.quantity) FILTER (WHERE move.date < promise.last_day) AS in_time,
           bool_or(move.date >= promise.last_day AND part.quantity > 0) AS came_late,
           sum(part.quantity * extract(epoch FROM move.date
               - coalesce(po.med_sent_at, po.date_approve)) / 86400)
               FILTER (WHERE part.quantity > 0)
           / nullif(sum(part.quantity) FILTER (WHERE part.quantity > 0), 0)
               AS lead_days,
           greatest(extract(epoch FROM
               max(move.date) FILTER (WHERE part.quantity > 0) - promise.promised_at
           ) / 86400, 0) AS days_late
      FROM stock_move move
      JOIN stock_location back ON back.id = move.location_id
CROSS JOIN LATERAL (
        SELECT CASE WHEN back.usage = 'supplier' THEN move.quantity
                    ELSE -move.quantity END * unit.factor / own.factor AS quantity
          FROM uom_uom unit, uom_uom own
         WHERE unit.id = move.product_uom
           AND own.id = (
               SELECT template.uom_id FROM product_template template
                 JOIN product_product product ON product.product_tmpl_id = template.id
                WHERE product.id = move.product_id)
      ) AS part
     WHERE move.purchase_line_id = pol.id AND move.state = 'done'
    """
)


class MedSupplyLine(models.Model):
    """One row per ordered line: what was promised, and what came when.

    Quantities are in the product's unit, prices in the company's currency. A line is
    due when its promised day is past or when all of it is here. On time is what came by
    the end of the frozen promised day (and the days of grace of the company); in full
    is at least the company's share of what was ordered. Settlements of consigned use
    are no deliveries.
    """

    _name = "med.supply.line"
    _description = "Delivery of an Ordered Line"
    _auto = False
    _order = "promised_at desc, id desc"
    _rec_name = "product_id"
    _depends = {
        "purchase.order": ["state", "date_approve", "partner_id", "med_sent_at"],
        "purchase.order.line": ["product_qty", "price_unit", "med_promised_at"],
        "stock.move": ["state", "date", "quantity", "purchase_line_id"],
    }

    company_id = fields.Many2one("res.company", readonly=True)
    order_id = fields.Many2one("purchase.order", string="Order", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Supplier", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    product_categ_id = fields.Many2one(
        related="product_id.categ_id", string="Product Category"
    )
    sent_at = fields.Datetime(string="Sent", readonly=True)
    promised_at = fields.Datetime(string="Promised", readonly=True)
    received_at = fields.Datetime(string="Received On", readonly=True)
    ordered = fields.Float(digits="Product Unit", readonly=True)
    received = fields.Float(digits="Product Unit", readonly=True)
    lead_days = fields.Float(
        string="Lead Time (days)",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="From sent to received; partial receipts weigh by their quantity.",
    )
    days_late = fields.Float(
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="Days after the promised one, of what has come, or until today.",
    )
    due = fields.Boolean(readonly=True)
    lines_due = fields.Integer(string="Lines Due", readonly=True)
    on_time = fields.Float(
        readonly=True, aggregator="avg", help="What has come, came by the promised day."
    )
    in_full = fields.Float(
        readonly=True, aggregator="avg", help="All of it has come, on whatever day."
    )
    otif = fields.Float(
        string="OTIF",
        readonly=True,
        aggregator="avg",
        help="On time and in full: all of it had come by the promised day.",
    )
    fill = fields.Float(
        string="Fill on Time",
        readonly=True,
        aggregator="avg",
        help="The share of the quantity that had come by the promised day.",
    )
    price = fields.Float(
        string="Price per Unit", digits="Product Price", readonly=True, aggregator="avg"
    )
    price_change = fields.Float(
        readonly=True,
        aggregator="avg",
        help="Against the order before, of the same item and supplier.",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT line.*,
                   CASE WHEN line.due THEN 1 ELSE 0 END AS lines_due,
                   CASE WHEN line.due THEN
                        (line.received > 0 AND NOT line.came_late)::int END
                       AS on_time,
                   CASE WHEN line.due THEN
                        (line.received >= line.enough)::int END AS in_full,
                   CASE WHEN line.due THEN
                        (line.in_time >= line.enough)::int END AS otif,
                   CASE WHEN line.due AND line.ordered > 0 THEN
                        greatest(least(line.in_time / line.ordered, 1), 0) END AS fill,
                   line.price / nullif(lag(line.price) OVER (
                       PARTITION BY line.company_id, line.partner_id, line.product_id
                       ORDER BY line.sent_at, line.id
                   ), 0) - 1 AS price_change
              FROM (%s) AS line
            """,
            self._line_query(),
        )

    def _line_query(self):
        return SQL(
            """
            SELECT pol.id, po.company_id, po.id AS order_id, po.partner_id,
                   pol.product_id,
                   coalesce(po.med_sent_at, po.date_approve) AS sent_at,
                   promise.promised_at, came.received_at,
                   pol.product_uom_qty AS ordered,
                   coalesce(came.received, 0) AS received,
                   coalesce(came.in_time, 0) AS in_time,
                   coalesce(came.came_late, FALSE) AS came_late,
                   pol.product_uom_qty * coalesce(company.med_otif_share, 1)
                       AS enough,
                   came.lead_days,
                   CASE WHEN coalesce(came.received, 0)
                             >= pol.product_uom_qty
                                * coalesce(company.med_otif_share, 1)
                        THEN came.days_late
                        ELSE greatest(extract(epoch FROM now() AT TIME ZONE 'UTC'
                                 - promise.promised_at) / 86400, 0) END AS days_late,
                   (promise.last_day < now() AT TIME ZONE 'UTC'
                    OR coalesce(came.received, 0) >= pol.product_uom_qty) AS due,
                   pol.price_subtotal / nullif(pol.product_uom_qty, 0)
                       / nullif(coalesce(po.currency_rate, 1), 0) AS price
              FROM purchase_order_line pol
              JOIN purchase_order po ON po.id = pol.order_id
              JOIN res_company company ON company.id = po.company_id
        CROSS JOIN LATERAL (%s) AS promise
         LEFT JOIN LATERAL (%s) AS came ON TRUE
             WHERE po.state = 'purchase' AND pol.display_type IS NULL
               AND pol.product_id IS NOT NULL AND pol.product_uom_qty > 0
               AND coalesce(po.med_sent_at, po.date_approve) IS NOT NULL
               AND NOT coalesce(po.med_settles_use, FALSE)
            """,
            PROMISE,
            CAME,
        )

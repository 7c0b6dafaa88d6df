from odoo import fields, models
from odoo.tools import SQL

from .supply_sql import ACCEPTED, CAME, PROMISE, TO_COME


class MedSupplyLine(models.Model):
    """One row per ordered line of goods: what was promised, and what came when.

    Quantities are in the product's unit, prices in the company's currency. A line is
    due when its promised day is past or when all of it is here. On time is what came by
    the end of the frozen promised day (and the days of grace of the company); in full
    is at least the company's share of what was ordered. Services, freight and
    settlements of consigned use are no deliveries. Promises are kept or broken at the
    dock; the lead time ends where goods can be used, in the store. The supplier is the
    firm, whichever of its contacts an order was written to.
    """

    _name = "med.supply.line"
    _description = "Delivery of an Ordered Line"
    _auto = False
    _order = "promised_at desc, id desc"
    _rec_name = "product_id"
    _depends = {
        "purchase.order": ["state", "date_approve", "partner_id", "med_sent_at"],
        "purchase.order.line": ["product_qty", "price_unit", "med_promised_at"],
        "product.template": ["type", "uom_id"],
        "res.partner": ["commercial_partner_id"],
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
    to_come = fields.Float(
        string="Still to Come",
        digits="Product Unit",
        readonly=True,
        help="What a receipt is still open for; a rest that was given up is not.",
    )
    lead_days = fields.Float(
        string="Lead Time (days)",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="From sent until it lay in the store, also where receipts take several "
        "steps; partial receipts weigh by their quantity.",
    )
    days_late = fields.Float(
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="Whole days after the promised one, of what has come, or until today.",
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
        return self._query_of()

    def _query_of(self, suppliers=None):
        """Rows of all suppliers, or of ``suppliers`` (ids of firms)."""
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
            self._line_query(suppliers),
        )

    def _line_query(self, suppliers=None):
        """Lines of all suppliers, or of ``suppliers`` (ids of firms) only."""
        some = SQL("TRUE")
        if suppliers is not None:
            some = SQL(
                """po.partner_id IN (SELECT id FROM res_partner
                                     WHERE commercial_partner_id = ANY(%s))""",
                list(suppliers),
            )
        return SQL(
            """
            SELECT pol.id, po.company_id, po.id AS order_id,
                   coalesce(contact.commercial_partner_id, contact.id) AS partner_id,
                   pol.product_id,
                   coalesce(po.med_sent_at, po.date_approve) AS sent_at,
                   promise.promised_at, came.received_at,
                   pol.product_uom_qty AS ordered,
                   coalesce(came.received, 0) AS received,
                   rest.to_come,
                   coalesce(came.in_time, 0) AS in_time,
                   coalesce(came.came_late, FALSE) AS came_late,
                   rest.enough,
                   CASE WHEN came.on_dock AND (accepted.waiting
                             OR accepted.lead_days IS NOT NULL)
                        THEN accepted.lead_days ELSE came.lead_days END AS lead_days,
                   accepted.waiting,
                   CASE WHEN until.moment >= promise.last_day
                        THEN (until.moment AT TIME ZONE 'UTC' AT TIME ZONE zone.tz)
                             ::date - promise.promised_on
                        ELSE 0 END AS days_late,
                   (promise.last_day < now() AT TIME ZONE 'UTC'
                    OR coalesce(came.received, 0) >= pol.product_uom_qty) AS due,
                   pol.price_subtotal / nullif(pol.product_uom_qty, 0)
                       / nullif(coalesce(po.currency_rate, 1), 0) AS price
              FROM purchase_order_line pol
              JOIN purchase_order po ON po.id = pol.order_id
              JOIN res_partner contact ON contact.id = po.partner_id
              JOIN res_company company ON company.id = po.company_id
              JOIN (VALUES %(zones)s) AS zone (company_id, tz)
                ON zone.company_id = po.company_id
              JOIN product_product product ON product.id = pol.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
              JOIN uom_uom own ON own.id = template.uom_id
         LEFT JOIN stock_picking_type intake ON intake.id = po.picking_type_id
         LEFT JOIN stock_warehouse house ON house.id = intake.warehouse_id
         LEFT JOIN stock_location store ON store.id = house.lot_stock_id
        CROSS JOIN LATERAL (%(promise)s) AS promise
        CROSS JOIN LATERAL (%(came)s) AS came
        CROSS JOIN LATERAL (%(accepted)s) AS accepted
        CROSS JOIN LATERAL (%(to_come)s) AS coming
        CROSS JOIN LATERAL (
                SELECT CASE WHEN coming.by_moves THEN coming.quantity
                            ELSE greatest(pol.product_uom_qty
                                          - coalesce(came.received, 0), 0)
                            END AS to_come,
                       pol.product_uom_qty * coalesce(company.med_otif_share, 1)
                           AS enough
              ) AS rest
        CROSS JOIN LATERAL (
                SELECT CASE WHEN rest.to_come > 0
                             AND coalesce(came.received, 0) < rest.enough
                            THEN now() AT TIME ZONE 'UTC'
                            ELSE came.received_at END AS moment
              ) AS until
             WHERE po.state = 'purchase' AND pol.display_type IS NULL
               AND template.type = 'consu' AND pol.product_uom_qty > 0
               AND coalesce(po.med_sent_at, po.date_approve) IS NOT NULL
               AND NOT coalesce(po.med_settles_use, FALSE)
               AND %(some)s
            """,
            zones=self.env["med.demand.day"]._time_zones(),
            promise=PROMISE,
            came=CAME,
            accepted=ACCEPTED,
            to_come=TO_COME,
            some=some,
        )

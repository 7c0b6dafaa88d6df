from odoo import api, fields, models


class MedConsignmentSettlement(models.Model):
    """A used piece of a supplier's stock, and the purchase that its use became.

    One row is one use of one lot at one place. The purchase order line may settle
    many of them; their quantities add up to what it received.
    """

    _name = "med.consignment.settlement"
    _description = "Settlement of Consigned Stock"
    _order = "id desc"
    _rec_name = "order_id"
    _check_company_auto = True

    consumption_id = fields.Many2one(
        "med.consumption",
        string="Use",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        related="consumption_id.company_id", store=True, index=True
    )
    department_id = fields.Many2one(related="consumption_id.department_id", store=True)
    product_id = fields.Many2one(
        related="consumption_id.product_id", store=True, string="Item"
    )
    event_time = fields.Datetime(
        related="consumption_id.event_time", store=True, string="Used at"
    )
    lot_id = fields.Many2one("stock.lot", string="Lot", readonly=True)
    location_id = fields.Many2one(
        "stock.location", string="Place", required=True, readonly=True
    )
    supplier_id = fields.Many2one(
        "res.partner", string="Supplier", required=True, readonly=True
    )
    order_line_id = fields.Many2one(
        "purchase.order.line",
        string="Order Line",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    order_id = fields.Many2one(related="order_line_id.order_id", store=True)
    quantity = fields.Float(digits="Product Unit", required=True, readonly=True)
    uom_id = fields.Many2one(related="product_id.uom_id")
    reversed_quantity = fields.Float(
        string="Given Back",
        digits="Product Unit",
        readonly=True,
        help="Returned from use: the supplier's again, and no longer ours to pay.",
    )
    price_unit = fields.Float(
        string="Agreed Price",
        min_display_digits="Product Price",
        readonly=True,
        help="The supplier's price per unit on the day of the use, before tax.",
    )
    currency_id = fields.Many2one(related="order_line_id.currency_id")
    amount = fields.Monetary(compute="_compute_amount", store=True)

    @api.depends("quantity", "reversed_quantity", "price_unit")
    def _compute_amount(self):
        for settlement in self:
            used = settlement.quantity - settlement.reversed_quantity
            settlement.amount = used * settlement.price_unit

    def action_view_order(self):
        self.ensure_one()
        return self.order_id._get_records_action()

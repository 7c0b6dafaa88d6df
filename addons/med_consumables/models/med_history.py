from odoo import fields, models


class MedHistory(models.Model):
    """What the store issued or received before the opening: one row, one line of it.

    The ledger cannot hold these honestly. A ledger line says that a department used,
    gave back or wasted something; what a supplier delivered has no department, and what
    a department asked for and drew is not used yet. Where drawing is all that is known
    of a department's use, the row points at the ledger line that counts it as use. No
    stock moves and no cost: receipts tell lead times and prices, requisitions tell how
    much was asked and how much came.
    """

    _name = "med.history"
    _description = "History of the Store"
    _order = "event_time desc, id desc"
    _rec_name = "document"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    kind = fields.Selection(
        [("requisition", "Requisition"), ("receipt", "Receipt")],
        required=True,
        readonly=True,
    )
    department_id = fields.Many2one(
        "med.department", readonly=True, ondelete="restrict", check_company=True
    )
    partner_id = fields.Many2one("res.partner", string="Supplier", readonly=True)
    supplier_name = fields.Char(string="Supplier as Written", readonly=True)
    product_id = fields.Many2one(
        "product.product",
        string="Item",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    uom_id = fields.Many2one("uom.uom", string="Unit", required=True, readonly=True)
    quantity = fields.Float(
        digits="Product Unit",
        required=True,
        readonly=True,
        help="Issued or received, in the product's own unit.",
    )
    asked = fields.Float(string="Asked Quantity", digits="Product Unit", readonly=True)
    event_time = fields.Datetime(string="When", required=True, readonly=True)
    ordered_on = fields.Date(readonly=True)
    lead_days = fields.Integer(
        string="Lead Time (days)",
        readonly=True,
        aggregator="avg",
        help="From the order to the receipt.",
    )
    price_unit = fields.Float(
        string="Unit Price", digits="Product Price", readonly=True, aggregator="avg"
    )
    lot_name = fields.Char(string="Lot", readonly=True)
    document = fields.Char(readonly=True)
    source = fields.Char(required=True, readonly=True)
    external_key = fields.Char(string="Key", required=True, readonly=True)
    consumption_id = fields.Many2one(
        "med.consumption",
        string="Counted as Use",
        readonly=True,
        help="The ledger line by which this requisition counts as demand.",
    )
    import_id = fields.Many2one(
        "med.import", readonly=True, index="btree_not_null", ondelete="set null"
    )

    _external_key_uniq = models.Constraint(
        "unique(company_id, source, external_key)",
        "This row has been imported already.",
    )
    _product_idx = models.Index("(product_id, event_time)")
    _department_idx = models.Index("(department_id, event_time)")

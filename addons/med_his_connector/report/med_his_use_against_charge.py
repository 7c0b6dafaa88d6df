from odoo import fields, models
from odoo.tools import SQL


class MedHisUseAgainstCharge(models.Model):
    """One row per use that the ward and the information system should both report.

    Charged and used are what each side told; what only one of them told is *charged,
    not used* or *used, not charged*, in pieces and at the item's cost when reported.
    Returns count against it. So, over any department, item and time:

        charged - used = charged, not used - used, not charged

    A row bears the id of its pair (``med.consumption.match``). What was taken back
    before the other report came is left out.
    """

    _name = "med.his.use.against.charge"
    _description = "Use against Charge"
    _auto = False
    _rec_name = "product_id"
    _order = "event_time desc, id desc"
    _depends = {
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
        ]
    }

    match_id = fields.Many2one(
        "med.consumption.match", string="Charge and Scan", readonly=True
    )
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
    state = fields.Selection(
        selection=lambda self: (
            self.env["med.consumption.match"]
            ._fields["state"]
            ._description_selection(self.env)
        ),
        readonly=True,
    )
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

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT pair.id, pair.id AS match_id, pair.company_id, pair.department_id,
                   pair.product_id, pair.product_categ_id, pair.event_time, pair.kind,
                   pair.state,
                   sign.of * pair.charged_quantity AS charged,
                   sign.of * pair.scanned_quantity AS used,
                   sign.of * GREATEST(pair.difference, 0) AS charged_not_used,
                   sign.of * GREATEST(-pair.difference, 0) AS used_not_charged,
                   CASE WHEN pair.difference > 0 THEN sign.of * worth.each ELSE 0 END
                       AS charged_not_used_value,
                   CASE WHEN pair.difference < 0 THEN sign.of * worth.each ELSE 0 END
                       AS used_not_charged_value
              FROM med_consumption_match pair
              CROSS JOIN LATERAL (
                   SELECT CASE WHEN pair.kind = 'return' THEN -1 ELSE 1 END AS of
                   ) sign
              CROSS JOIN LATERAL (
                   SELECT CASE WHEN pair.missing_quantity > 0
                               THEN COALESCE(pair.value, 0) ELSE 0 END AS each
                   ) worth
             WHERE pair.state <> 'cancelled'
            """
        )

    def action_open(self):
        """The pair, where what is missing is explained or posted."""
        self.ensure_one()
        return self.match_id._get_records_action()

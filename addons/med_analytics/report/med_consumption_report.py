from odoo import fields, models
from odoo.tools import SQL


class MedConsumptionReport(models.Model):
    """One row per line of the consumption ledger; a row bears the id of its line.

    Quantities are in the product's unit and costs in the company's currency, both net:
    a return counts negative. A line has no cost until it is posted to stock, and
    history from before the opening date never has one, so lines without cost are
    counted beside the cost.
    """

    _name = "med.consumption.report"
    _description = "Consumption Analysis"
    _auto = False
    _rec_name = "product_id"
    _order = "day desc, id desc"
    _depends = {
        "med.consumption": [
            "company_id",
            "department_id",
            "product_id",
            "uom_id",
            "kind",
            "quantity",
            "value",
            "event_time",
            "encounter_token",
            "lot_id",
            "source",
            "state",
        ],
        "med.department": ["analytic_account_id"],
        "product.product": ["product_tmpl_id"],
        "product.template": [
            "categ_id",
            "med_value_class",
            "med_management_class",
            "med_implant",
            "med_abc",
            "med_ved",
        ],
        "res.company": ["currency_id", "partner_id"],
        "res.partner": ["tz"],
    }

    day = fields.Date(
        readonly=True, help="The day of use, by the clock of the hospital."
    )
    event_time = fields.Datetime(string="When", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    department_id = fields.Many2one("med.department", readonly=True)
    analytic_account_id = fields.Many2one(
        "account.analytic.account",
        string="Cost Centre",
        readonly=True,
        help="The cost centre that the department has today.",
    )
    product_id = fields.Many2one("product.product", readonly=True)
    categ_id = fields.Many2one(
        "product.category", string="Product Category", readonly=True
    )
    value_class = fields.Selection(
        selection=lambda self: self._product_selection("med_value_class"),
        readonly=True,
    )
    management_class = fields.Selection(
        selection=lambda self: self._product_selection("med_management_class"),
        readonly=True,
    )
    implant = fields.Boolean(readonly=True)
    abc = fields.Selection(
        selection=lambda self: self._product_selection("med_abc"),
        string="ABC",
        readonly=True,
    )
    ved = fields.Selection(
        selection=lambda self: self._product_selection("med_ved"),
        string="VED",
        readonly=True,
    )
    kind = fields.Selection(
        selection=lambda self: self._ledger_selection("kind"), readonly=True
    )
    state = fields.Selection(
        selection=lambda self: self._ledger_selection("state"),
        string="Status",
        readonly=True,
    )
    source = fields.Char(readonly=True)
    lot_id = fields.Many2one("stock.lot", string="Lot", readonly=True)
    uom_id = fields.Many2one("uom.uom", string="Unit", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    quantity = fields.Float(
        string="Net Quantity",
        digits="Product Unit",
        readonly=True,
        help="Use and waste less returns, in the product's own unit. "
        "Quantities of different units do not add up to anything: "
        "group by product to compare them.",
    )
    value = fields.Monetary(
        string="Net Cost",
        readonly=True,
        help="Cost of use and waste less returns, as it was posted to stock.",
    )
    waste_value = fields.Monetary(
        string="Cost of Waste",
        readonly=True,
        help="The part of the net cost that was wasted.",
    )
    uncosted = fields.Integer(
        string="Lines without Cost",
        readonly=True,
        help="Lines that are not posted to stock: waiting, incidents and history. "
        "Their use is in the quantity and not in the cost.",
    )
    visits = fields.Integer(
        readonly=True,
        aggregator="count_distinct",
        help="How many different visits used something. "
        "Lines that name no visit are not counted.",
    )

    def _product_selection(self, name):
        return (
            self.env["product.template"]._fields[name]._description_selection(self.env)
        )

    def _ledger_selection(self, name):
        return (
            self.env["med.consumption"]._fields[name]._description_selection(self.env)
        )

    @property
    def _table_query(self):
        # Joined by unique keys and from the left only: PostgreSQL then leaves out
        # the tables whose columns a query does not ask for. The zone is that of
        # res.company._med_time_zone, which decides on the day of a posting too.
        return SQL(
            """
            SELECT line.id,
                   (line.event_time AT TIME ZONE 'UTC'
                        AT TIME ZONE COALESCE(partner.tz, %(zone)s))::date AS day,
                   line.event_time,
                   line.company_id,
                   line.department_id,
                   department.analytic_account_id,
                   line.product_id,
                   template.categ_id,
                   template.med_value_class AS value_class,
                   template.med_management_class AS management_class,
                   template.med_implant AS implant,
                   template.med_abc AS abc,
                   template.med_ved AS ved,
                   line.kind,
                   line.state,
                   line.source,
                   line.lot_id,
                   line.uom_id,
                   company.currency_id,
                   CASE line.kind WHEN 'return' THEN -line.quantity
                        ELSE line.quantity END AS quantity,
                   COALESCE(line.value, 0) AS value,
                   CASE line.kind WHEN 'waste' THEN COALESCE(line.value, 0)
                        ELSE 0 END AS waste_value,
                   CASE line.state WHEN 'posted' THEN 0 ELSE 1 END AS uncosted,
                   hashtextextended(line.encounter_token, 0) AS visits
              FROM med_consumption line
         LEFT JOIN med_department department ON department.id = line.department_id
         LEFT JOIN product_product product ON product.id = line.product_id
         LEFT JOIN product_template template ON template.id = product.product_tmpl_id
         LEFT JOIN res_company company ON company.id = line.company_id
         LEFT JOIN res_partner partner ON partner.id = company.partner_id
             WHERE %(counts)s
            """,
            counts=self.env["med.consumption"]._demand_sql("line"),
            zone=self.env.user.tz or "UTC",
        )

    def action_open_ledger(self):
        """The ledger lines behind these rows: their value adds up to the same."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_consumption_action"
        )
        action.update(
            name=self.env._("Ledger Lines"),
            domain=[("id", "in", self.ids)],
            context={"create": False},
        )
        return action

    def action_open_line(self):
        """The ledger line behind this row."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Ledger Line"),
            "res_model": "med.consumption",
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

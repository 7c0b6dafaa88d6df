from odoo import fields, models


class AccountAnalyticLine(models.Model):
    _inherit = "account.analytic.line"

    category = fields.Selection(
        selection_add=[("med_consumption", "Consumption")],
        ondelete={"med_consumption": "set default"},
    )
    med_department_id = fields.Many2one(
        "med.department", string="Department", index="btree_not_null", readonly=True
    )
    med_stock_move_id = fields.Many2one(
        "stock.move",
        string="Stock Move",
        index="btree_not_null",
        readonly=True,
        ondelete="restrict",
    )

from odoo import fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    med_xyz = fields.Selection(
        [("X", "X: steady"), ("Y", "Y: varying"), ("Z", "Z: irregular")],
        string="XYZ",
        index=True,
        copy=False,
        readonly=True,
        help="By how much the use of whole months differs. Computed every month.",
    )
    med_fsn = fields.Selection(
        [("F", "F: fast"), ("S", "S: slow"), ("N", "N: not moving")],
        string="FSN",
        index=True,
        copy=False,
        readonly=True,
        help="By the days since the last use. Computed every month.",
    )
    med_predecessor_id = fields.Many2one(
        "product.product",
        string="Takes the Place of",
        ondelete="set null",
        help="A new item is foreseen from the use of the item that it replaces.",
    )

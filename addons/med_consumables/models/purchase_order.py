from odoo import fields, models


class PurchaseOrder(models.Model):
    _inherit = "purchase.order"

    med_settles_use = fields.Boolean(
        string="Settles Consigned Use",
        readonly=True,
        copy=False,
        help="Made by the system because a supplier's piece was used: the goods are "
        "here and gone, nobody can refuse the order any more.",
    )

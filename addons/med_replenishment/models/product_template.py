from odoo import api, fields, models


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

    @api.model
    def _med_audited_fields(self):
        """What the monthly job computes has a history of its own: Item Classes."""
        computed = {"med_xyz", "med_fsn"}
        return tuple(
            name for name in super()._med_audited_fields() if name not in computed
        )

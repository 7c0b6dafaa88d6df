from odoo import fields, models


class StockMove(models.Model):
    """What a count took as lost or found, put right by a report that came later."""

    _inherit = "stock.move"

    med_count_line_id = fields.Many2one(
        "med.count.line",
        string="Settles Count",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )

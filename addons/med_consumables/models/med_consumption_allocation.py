from odoo import fields, models


class MedConsumptionAllocation(models.Model):
    """Where a line of the ledger was posted: one stock move line, quantity and value.

    A use may span two lots and so have two allocations; a return points at the
    allocation of the use that it gives back.
    """

    _name = "med.consumption.allocation"
    _description = "Consumption Allocation"

    consumption_id = fields.Many2one(
        "med.consumption", required=True, index=True, ondelete="restrict"
    )
    move_line_id = fields.Many2one(
        "stock.move.line", required=True, index=True, ondelete="restrict"
    )
    move_id = fields.Many2one(related="move_line_id.move_id")
    lot_id = fields.Many2one(related="move_line_id.lot_id")
    origin_id = fields.Many2one(
        "med.consumption.allocation", string="Gives Back", index="btree_not_null"
    )
    quantity = fields.Float(
        digits="Product Unit",
        required=True,
        help="In the product's unit; negative for a return.",
    )
    currency_id = fields.Many2one(related="consumption_id.currency_id")
    value = fields.Monetary(help="Share of the stock move's value, with its sign.")

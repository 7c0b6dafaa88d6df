from odoo import fields, models
from odoo.exceptions import UserError


class MedConsumption(models.Model):
    """Which labelled piece a line of use was; reported once, like the rest."""

    _inherit = "med.consumption"

    piece_id = fields.Many2one(
        "med.piece",
        string="Labelled Piece",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )

    def write(self, vals):
        if "piece_id" in vals:
            raise UserError(
                self.env._(
                    "Which piece was used cannot be changed. "
                    "Record a return for the wrong line and then the right one."
                )
            )
        return super().write(vals)

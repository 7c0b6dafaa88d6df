from odoo import fields, models


class MedConsumption(models.Model):
    _inherit = "med.consumption"

    his_message_id = fields.Many2one(
        "med.his.message",
        string="Message",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The message that reported this line first.",
    )

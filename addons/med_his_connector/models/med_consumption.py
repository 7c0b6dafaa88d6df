from odoo import api, fields, models

#: What the other system said it charged. It never changes: what is charged otherwise is
#: taken back and charged anew.
CHARGED = ("charged_amount", "charged_told", "charged_currency_id")


class MedConsumption(models.Model):
    """A line that came through an interface: of which message, and what was charged.

    Empty is not zero: an amount that was not told (NULL) is unknown, and no recovery
    rate is made of it.
    """

    _inherit = "med.consumption"

    his_message_id = fields.Many2one(
        "med.his.message",
        string="Message",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The message that reported this line first.",
    )
    charged_amount = fields.Monetary(
        readonly=True,
        help="What the other system charged for this line, in the company's currency: "
        "positive for a use, negative for a return.",
    )
    charged_told = fields.Monetary(
        string="Charged, as Told",
        currency_field="charged_currency_id",
        readonly=True,
        help="The amount in the currency of the message, where that is another one.",
    )
    charged_currency_id = fields.Many2one(
        "res.currency", string="Currency of the Charge", readonly=True
    )

    @api.model
    def _reported_fields(self):
        return (*super()._reported_fields(), *CHARGED)

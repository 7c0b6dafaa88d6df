from odoo import api, fields, models

#: What the other system said it charged, first of all. It never changes: what it says
#: later stands beside it.
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
    his_test_key = fields.Char(
        string="Test",
        readonly=True,
        index="btree_not_null",
        help="The laboratory's number and kind of the test whose card this line is of.",
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

    charged_now = fields.Monetary(
        readonly=True,
        help="What the other system says now that it charges for this line, where that "
        "is another amount than at first.",
    )
    amount_change_ids = fields.One2many("med.his.amount.change", "consumption_id")
    difference_of_id = fields.Many2one(
        "med.consumption",
        string="Difference To",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The line that was reported again with another quantity; this one is what "
        "the later report has more or less.",
    )
    difference_ids = fields.One2many(
        "med.consumption", "difference_of_id", string="Differences"
    )

    def _told_together(self):
        more = self.difference_ids.filtered(lambda line: line.kind != "return")
        return super()._told_together() | more

    @api.model
    def _reported_fields(self):
        return (*super()._reported_fields(), *CHARGED)

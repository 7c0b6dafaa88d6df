from dataclasses import replace

from odoo import fields, models


class MedHisChannel(models.Model):
    """What a channel's sender is told, when, and where."""

    _inherit = "med.his.channel"

    answer_when = fields.Selection(
        [
            ("stored", "When it is stored"),
            ("processed", "When it is processed"),
        ],
        string="Answer",
        required=True,
        default="stored",
        tracking=True,
        help="When it is processed: AA says that the lines stand in the ledger, AE "
        "that they do not, such as for an unknown item. The sender waits longer, and "
        "sends again what was refused.",
    )
    sequence_numbers = fields.Boolean(
        string="Numbered Messages (MSH-13)",
        tracking=True,
        help="The sender numbers its messages; one that is missing is asked for.",
    )
    batch_policy = fields.Selection(
        [("each", "Accept each message by itself"), ("whole", "All messages or none")],
        string="Batches",
        required=True,
        default="each",
        tracking=True,
    )
    batch_answers = fields.Selection(
        [("all", "One for each message"), ("errors", "Only for what was refused")],
        string="Answers in a Response Batch",
        required=True,
        default="all",
        tracking=True,
    )
    reply_host = fields.Char(
        string="Replies Go To",
        tracking=True,
        help="Address to which application acknowledgements (MSH-16) are sent on a "
        "connection of their own. Empty: such a sender is answered at once.",
    )
    reply_port = fields.Integer(tracking=True)

    def _receiver(self):
        return replace(
            super()._receiver(),
            replies=bool(self.reply_host and self.reply_port),
            late=self.answer_when == "processed",
            sequence=self.sequence_numbers,
            whole_batches=self.batch_policy == "whole",
            only_errors=self.batch_answers == "errors",
        )

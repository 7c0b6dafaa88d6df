from dataclasses import replace

from odoo import api, fields, models
from odoo.tools import SQL

from ..core.acknowledgement import Answer, answer, answer_out_of_sequence
from ..core.sequence import read_number, step
from .med_his_message_accept import own_id

#: What is said to what is not stored. A known number with a message that is not known
#: was given anew by mistake: to say AA would lose it.
CODES = {"control": "AA", "known": "AR", "missing": "AR"}


class MedHisSequence(models.Model):
    """The number (MSH-13) of the last message that a sender's link has delivered.

    Written in the transaction that stores the message: both are there, or neither.
    """

    _name = "med.his.sequence"
    _description = "Last Number of a Link"
    _log_access = False

    channel_id = fields.Many2one("med.his.channel", required=True, ondelete="cascade")
    sender = fields.Char(required=True)
    last = fields.Integer()

    _sender_uniq = models.Constraint(
        "unique(channel_id, sender)", "There is this link already."
    )

    @api.model
    def _last(self, channel_id, sender):
        """The last number, locked until commit; None where none was accepted yet."""
        self.env.cr.execute(
            SQL(
                "INSERT INTO med_his_sequence (channel_id, sender) VALUES (%s, %s)"
                " ON CONFLICT DO NOTHING",
                channel_id,
                sender,
            )
        )
        [(last,)] = self.env.execute_query(
            SQL(
                "SELECT last FROM med_his_sequence"
                " WHERE channel_id = %s AND sender = %s FOR UPDATE",
                channel_id,
                sender,
            )
        )
        return last

    @api.model
    def _set_last(self, channel_id, sender, last):
        self.env.cr.execute(
            SQL(
                "UPDATE med_his_sequence SET last = %s"
                " WHERE channel_id = %s AND sender = %s",
                last,
                channel_id,
                sender,
            )
        )


class MedHisMessageNumbered(models.Model):
    """Messages of a link that numbers them: none is missed, none is taken twice."""

    _inherit = "med.his.message"

    @api.model
    def _accept_numbered(self, arrival):
        now, receiver = fields.Datetime.now(), arrival.receiver
        local = self._local(arrival, now)
        verdict = self._judge(arrival, local)
        header = verdict.header
        number = read_number(header.raw(13)) if verdict.codec else None
        if number is None:
            return self._accept_plain([arrival])[0]
        Sequence = self.env["med.his.sequence"]
        sender = f"{header.raw(3)}|{header.raw(4)}"
        did = step(number, Sequence._last(receiver.channel_id, sender))
        if did.action == "accept":
            Sequence._set_last(receiver.channel_id, sender, did.last)
            told = self._answer_numbered(verdict, receiver, local, did.expected)
            return self._accept_plain([_with_answer(arrival, verdict, told)])[0]
        stored = self._stored_answer(receiver, verdict)
        if did.action == "known" and stored is not None:
            return stored  # as whatever comes again; b'' where it is not decided yet
        if did.action == "control":
            Sequence._set_last(receiver.channel_id, sender, did.last)
        code = CODES[did.action]
        return answer_out_of_sequence(
            header, verdict.codec, own_id(), local, code, did.expected
        ).content

    @api.model
    def _answer_numbered(self, verdict, receiver, local, expected):
        if receiver.late and not verdict.error:
            return Answer("", b"")  # given when it is processed
        return answer(
            verdict.header,
            verdict.codec,
            own_id(),
            local,
            verdict.error,
            receiver.replies,
            expected,
        )

    @api.model
    def _stored_answer(self, receiver, verdict):
        """What was said to this very message before; None where it is not stored."""
        key = receiver.channel_id, verdict.key
        sha256, told = self._owners([key]).get(key, (None, None))
        return told if sha256 == verdict.sha256 else None


def _with_answer(arrival, verdict, told):
    return replace(arrival, verdict=replace(verdict, answer=told))

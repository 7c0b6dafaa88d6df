import base64
import logging
from datetime import UTC
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.addons.med_consumables.core.sealing import SealError

from ..core.acknowledgement import answer, answer_application, reply_is_wanted
from ..core.errors import Hl7Error
from ..core.hl7_message import read_envelope
from ..core.inbox import judge
from ..core.sequence import read_number
from .med_his_message_accept import own_id

_logger = logging.getLogger(__name__)
GOOD = ("processed", "ignored")


class MedHisMessageAnswer(models.Model):
    """Answers that are given after processing: late ones, and replies.

    A channel may answer only when a message is processed. A sender in enhanced mode may
    ask, beside the acknowledgement that it is stored, for one of the application
    (MSH-16); that one travels on an exchange of its own.
    """

    _inherit = "med.his.message"

    reply_wanted = fields.Boolean(
        readonly=True, help="The sender asked to be told what became of it (MSH-16)."
    )

    def write(self, vals):
        result = super().write(vals)
        if vals.get("state") in (*GOOD, "exception", "dead"):
            asked = self.filtered("reply_wanted")
            if asked:
                asked._prepare_replies()
        return result

    def _error(self):
        """What the sender may be told of why it failed: code and place, no values."""
        self.ensure_one()
        if self.state in GOOD:
            return None
        segment, _, number = (self.error_position or "").partition("-")
        name, _, occurrence = segment.rstrip("]").partition("[")
        text = dict(self._fields["error_code"].selection).get(self.error_code, "")
        return Hl7Error(
            self.error_code or "internal",
            name,
            int(number) if number.isdigit() else None,
            text,
            int(occurrence or 1),
        )

    # Late answers

    @api.model
    def _answers_late(self, arrivals):
        """Process these arrivals, which are stored, and return the answer to each.

        None where one is not decided now: its sender gets no answer, and sends again.
        """
        now = fields.Datetime.now()
        keys = [
            (each.receiver.channel_id, judge(each.content, each.receiver, "", now).key)
            for each in arrivals
        ]
        found = self.search(
            [
                ("channel_id", "in", [channel_id for channel_id, _key in keys]),
                ("message_key", "in", [key for _channel_id, key in keys]),
            ]
        )
        waiting = found.filtered(lambda message: message.state == "received")
        if waiting:
            waiting._process(limit=len(waiting))
        by_key = {(each.channel_id.id, each.message_key): each for each in found}
        return [by_key[key]._late_answer() if key in by_key else None for key in keys]

    def _late_answer(self):
        try:
            return self._decided_answer()
        except (SealError, Hl7Error):
            return None  # no key opens what is to be answered, or it is not kept

    def _decided_answer(self):
        self.ensure_one()
        if self.state in ("received", "parked"):
            return None if self.state == "received" else self._store_late(None)
        if self.state in GOOD:
            return self._store_late(None)
        # Mended here or sent again: either way it is looked at anew, so the refusal is
        # not kept as the answer for good.
        return self._made_answer(self._error()).content

    def _store_late(self, error):
        if not self.answer:
            made = self._made_answer(error)
            self.write(
                {
                    "answer": base64.b64encode(made.content),
                    "answer_code": made.code or False,
                }
            )
        return base64.b64decode(self.with_context(bin_size=False).answer or b"")

    def _made_answer(self, error):
        header, codec = self._header()
        numbered = self.channel_id.sequence_numbers
        expected = read_number(header.raw(13)) if numbered else None
        return answer(
            header, codec, own_id(), self._local_now(), error, expected=expected
        )

    def _header(self):
        envelope = read_envelope(self._content() or b"", self.channel_id.charset)
        return envelope.header, envelope.codec

    def _local_now(self):
        zone = ZoneInfo(self.channel_id.tz)
        return fields.Datetime.now().replace(tzinfo=UTC).astimezone(zone)

    # Replies on an exchange of their own

    def _prepare_replies(self):
        """Put the application acknowledgements of these into the outbox, once each."""
        rows, ready = [], self.browse()
        for message in self:
            try:
                rows += message._reply_rows()
                ready |= message
            except Exception as error:  # noqa: BLE001  no answer, and nobody held up
                name = type(error).__name__
                _logger.error("no reply to message %s: %s", message.id, name)
        # On behalf of the channel: nobody writes replies by hand.
        ready.sudo().write({"reply_wanted": False})
        self.env["med.his.reply"].sudo()._put(rows)

    def _reply_rows(self):
        """The reply to this one, for the outbox; none where its sender wants none."""
        self.ensure_one()
        late = self.channel_id.answer_when == "processed"
        # An exception is ours now: a person here mends it.
        is_ours = self.state == "exception" and not late
        error = None if is_ours else self._error()
        header, codec = self._header()
        if not reply_is_wanted(header, error):
            return []
        number = own_id()
        made = answer_application(header, codec, number, self._local_now(), error)
        return [
            {
                "message_id": self.id,
                "channel_id": self.channel_id.id,
                "control_id": number,
                "content": base64.b64encode(made.content),
                "code": made.code,
            }
        ]

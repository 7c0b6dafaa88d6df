from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.med_consumables.core.sealing import SealError
from odoo.exceptions import AccessError

from ..core.errors import Hl7Error
from ..core.hl7_message import read_envelope
from ..core.masking import masked_lines
from .error_words import in_words

#: How long the reader sees what they asked for.
READING_TIME = timedelta(minutes=15)


class MedHisReading(models.Model):
    """Somebody read the content of a message: who, when and why. It lasts for good.

    The content itself is never stored here: it is opened for its reader for a short
    time, with everything that could be about a patient covered.
    """

    _name = "med.his.reading"
    _description = "Reading of a Message"
    _order = "id desc"
    _rec_name = "message_id"

    message_id = fields.Many2one(
        "med.his.message", required=True, index=True, ondelete="restrict"
    )
    channel_id = fields.Many2one(related="message_id.channel_id")
    company_id = fields.Many2one(related="message_id.company_id", store=True)
    user_id = fields.Many2one(
        "res.users",
        string="Reader",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
    )
    read_at = fields.Datetime(
        required=True, readonly=True, default=lambda self: fields.Datetime.now()
    )
    reason = fields.Char(required=True)
    content = fields.Text(compute="_compute_content")

    def _compute_content(self):
        for reading in self:
            reading.content = reading._may_be_seen() and reading._open()

    @api.model_create_multi
    def create(self, vals_list):
        """Nobody reads in another's name, or at another time."""
        now = fields.Datetime.now()
        own = {"user_id": self.env.uid, "read_at": now}
        readings = super().create([{**vals, **own} for vals in vals_list])
        for reading in readings:
            self.env["med.his.event"]._log(
                "read", message=reading.message_id, detail=reading.reason
            )
        return readings

    def write(self, vals):
        raise AccessError(
            self.env._("What was read, by whom and why, stays on record.")
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(
            self.env._("What was read, by whom and why, stays on record.")
        )

    def action_show(self):
        """The record is made when this button is pressed; then it shows the content."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Content"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def _may_be_seen(self):
        self.ensure_one()
        operator = "med_his_connector.group_integration_operator"
        return bool(
            self.id
            and self.user_id == self.env.user
            and self.read_at > fields.Datetime.now() - READING_TIME
            and self.env.user.has_group(operator)
        )

    def _open(self):
        message = self.message_id
        try:
            raw = message._content()
        except SealError as error:
            why = in_words(self.env, str(error))
            return self.env._("The content cannot be opened: %(why)s.", why=why)
        if raw is None:
            return self.env._("The content of this message is not kept.")
        channel = message.channel_id
        try:
            envelope = read_envelope(raw, channel.charset)
        except Hl7Error as error:
            # What cannot be read cannot be covered either.
            why = self.env["med.his.assistant.reader"]._words(error)
            return self.env._("The content is not readable HL7: %(why)s", why=why)
        return "\n".join(masked_lines(envelope, channel._shown_places()))

import base64

from odoo import api, fields, models
from odoo.addons.med_consumables.models.keyring import load_keyring
from odoo.exceptions import AccessError, UserError

#: Retried at once for whoever pressed the button; more go to the job.
RETRY_NOW = 50

#: Which codes a person can map away, by the kind of mapping.
MAPPABLE = {
    "unknown_item": "item",
    "ambiguous_item": "item",
    "unknown_department": "department",
    "unknown_unit": "unit",
    "ambiguous_unit": "unit",
    "unknown_procedure": "procedure",
    "inactive_item": "item",
    "kit_item": "item",
}


class CopiedMany2one(fields.Many2one):
    """A copy of what another record of the row points at, and whose existence the
    database checks there. To check it here too costs as much as storing the message."""

    def update_db_foreign_key(self, model, column):
        return


class MedHisMessage(models.Model):
    """One message as it was received, sealed, and what became of it.

        received ──> processed      its lines stand in the ledger, all of them
          │  ▲ ├───> ignored        a known type or a test that is none of ours
          ▼  │ ├───> parked         a return whose charge is still to come
        exception                   nothing of it is recorded; somebody must mend
        dead                        it cannot be recorded as it is; somebody must act
        quarantined                 unreadable, or its id belongs to another message

    See ``med_his_message_life`` for what holds up a message that is received.

    Rows are made by ``_accept`` only, in the transaction that is committed before the
    sender is answered. They hold no name, number or note of a patient: what could is in
    ``raw``, encrypted with a key that is not in the database.
    """

    _name = "med.his.message"
    _description = "Interface Message"
    _inherit = ["med.his.guarded.export"]
    _order = "id desc"
    _rec_name = "control_id"
    # It says itself when it came; each log column would cost a check at every message.
    _log_access = False

    channel_id = fields.Many2one(
        "med.his.channel", required=True, readonly=True, ondelete="restrict"
    )
    company_id = CopiedMany2one("res.company", required=True, readonly=True)
    received_at = fields.Datetime(required=True, readonly=True)
    message_key = fields.Char(required=True, readonly=True)
    control_id = fields.Char(string="Message ID", readonly=True)  # MSH-10
    sender_application = fields.Char(string="Application", readonly=True)  # MSH-3
    sender_facility = fields.Char(string="Facility", readonly=True)  # MSH-4
    message_type = fields.Char(string="Type", readonly=True)  # MSH-9
    processing_id = fields.Char(string="Processing", readonly=True)  # MSH-11
    version = fields.Char(readonly=True)  # MSH-12
    codec = fields.Char(string="Character Set", readonly=True)
    peer = fields.Char(string="From Address", readonly=True)
    sha256 = fields.Char(string="Hash", readonly=True)
    size = fields.Integer(string="Size (bytes)", readonly=True)
    # Sealed: see core/sealing.py. Bound to sha256.
    raw = fields.Binary(attachment=False, readonly=True, groups="base.group_system")
    answer = fields.Binary(attachment=False, readonly=True, groups="base.group_system")
    answer_code = fields.Char(readonly=True)  # MSA-1

    state = fields.Selection(
        [
            ("received", "Waiting"),
            ("processed", "Processed"),
            ("parked", "Waiting for Its Charge"),
            ("exception", "Exception"),
            ("dead", "Dead Letter"),
            ("ignored", "Ignored"),
            ("quarantined", "Quarantined"),
        ],
        required=True,
        readonly=True,
        default="received",
    )
    error_code = fields.Selection(
        [
            # What a person can mend here.
            ("unknown_item", "Item unknown"),
            ("ambiguous_item", "Several items have this code"),
            ("unknown_department", "Department unknown"),
            ("department_missing", "No department named"),
            ("unknown_unit", "Unit unknown, or of another kind"),
            ("ambiguous_unit", "Several units have this name"),
            ("quantity_precision", "Quantity finer than the item's unit"),
            ("original_unknown", "What is taken back is not reported yet"),
            ("original_never_came", "What is taken back was never reported"),
            ("conflict", "Line reported before with other content"),
            ("repetition", "Perhaps a second use, perhaps sent again"),
            ("refused", "The ledger refused it"),
            # What the sender must mend.
            ("bad_quantity", "Quantity is no number"),
            ("quantity_missing", "Quantity is empty"),
            ("quantity_limit", "Quantity too large"),
            ("sign", "Credit with a negative quantity"),
            ("charge_type", "Neither charge nor credit"),
            ("order_control", "Neither charge nor refund"),
            ("item_missing", "No item named"),
            ("no_lines", "No lines"),
            ("time", "Time cannot be read"),
            ("time_future", "Time lies in the future"),
            ("time_old", "Too old"),
            ("processing_id", "Production or test: not said"),
            ("escape", "Wrong escape sequence"),
            ("required", "Required field missing"),
            ("version", "Not HL7 version 2"),
            ("message_type", "Type of message not supported"),
            # Unreadable.
            ("not_hl7", "Not HL7"),
            ("segment_name", "Not a segment"),
            ("delimiters", "Delimiters unclear"),
            ("batch", "Several messages in one"),
            ("charset_unknown", "Character set unknown"),
            ("charset_invalid", "Not in its character set"),
            ("too_large", "Too large"),
            ("parse", "Cannot be parsed"),
            ("stray", "Bytes outside a message"),
            ("unfinished", "Message cut off"),
            ("same_id", "Id of another message"),
            ("batch_count", "Batch does not add up"),
            ("batch_refused", "Refused with its batch"),
            ("unseal", "Stored content cannot be opened"),
            ("internal", "Failed unexpectedly"),
            ("transient", "Database busy"),
            # Why it was ignored.
            ("not_ours", "Type that is not used here"),
            ("test_message", "Test message on a channel of daily work"),
            ("no_effect", "Nothing that moves stock"),
        ],
        string="Cause",
        readonly=True,
    )
    error_position = fields.Char(string="Place (English)", readonly=True)
    error_text = fields.Char(string="Detail (English)", readonly=True)
    cause_code = fields.Char(
        string="Code", readonly=True, help="The code of theirs that must be mapped."
    )
    attempts = fields.Integer(readonly=True)
    processed_at = fields.Datetime(readonly=True)
    line_count = fields.Integer(string="Lines", readonly=True)
    made_count = fields.Integer(
        string="Records",
        readonly=True,
        help="Cases, visits, items, codes or requested lines that came of it; they are "
        "no lines of the ledger.",
    )
    skipped_count = fields.Integer(
        string="Lines Left Out",
        readonly=True,
        help="Lines without effect on stock: payments, zero quantities, codes that are "
        "left out.",
    )
    repeated_count = fields.Integer(
        string="Lines Known Before",
        readonly=True,
        help="Lines that an earlier message had reported; they were not counted again.",
    )
    consumption_ids = fields.One2many(
        "med.consumption", "his_message_id", string="Recorded Lines", readonly=True
    )
    can_map = fields.Boolean(compute="_compute_can_map")

    _message_key_uniq = models.UniqueIndex(
        "(channel_id, message_key)", "This channel has received this message before."
    )
    _queue_idx = models.Index(
        "(lane, id) WHERE state = 'received' AND blocked_by_id IS NULL"
    )
    _open_idx = models.Index(
        "(channel_id, error_code, cause_code)"
        " WHERE state IN ('exception', 'dead', 'quarantined', 'parked')"
    )
    _received_idx = models.Index("(channel_id, received_at)")

    @api.depends("error_code", "cause_code", "state")
    def _compute_can_map(self):
        for message in self:
            message.can_map = bool(
                message.state in ("exception", "dead")
                and message.cause_code
                and message.error_code in MAPPABLE
            )

    @api.depends("control_id", "message_type")
    def _compute_display_name(self):
        for message in self:
            parts = (message.message_type, message.control_id or message.sha256[:12])
            message.display_name = " ".join(filter(None, parts))

    def action_retry(self):
        """Try again what is not recorded: a few at once, many by the job."""
        self._check_operator()
        # What is left of a message whose content is gone says what became of it.
        kept = self.filtered(lambda message: not message.purged_at)
        if self and not kept:
            raise UserError(self._no_content())
        self = kept  # noqa: PLW0642
        self._log_replay()
        self._queue_again(("exception", "dead", "parked", "ignored"))
        waiting = self.filtered(lambda message: message.state == "received")
        if 0 < len(waiting) <= RETRY_NOW:
            waiting._process(limit=RETRY_NOW)
        return True

    def action_release(self):
        """Let a message whose id belongs to another one be processed after all."""
        self._check_operator()
        wrong = self.filtered(
            lambda message: (
                (message.state, message.error_code) != ("quarantined", "same_id")
            )
        )
        if wrong:
            raise UserError(
                self.env._(
                    "%(message)s cannot be read, so it cannot be released. The sender "
                    "must send it again, mended.",
                    message=wrong[0].display_name,
                )
            )
        if any(message.purged_at for message in self):
            raise UserError(self._no_content())
        self._log_replay()
        # Whoever works the exceptions may not write messages by hand.
        self.sudo().write({"state": "received", "error_code": False})
        self._process(limit=len(self))
        return True

    def action_map_code(self):
        """Ask what the unknown code stands for; every message it holds up goes on."""
        self.ensure_one()
        if not self.can_map:
            raise UserError(
                self.env._(
                    "%(message)s does not wait for a code to be mapped.",
                    message=self.display_name,
                )
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Map Code"),
            "res_model": "med.his.code",
            "view_mode": "form",
            "view_id": self.env.ref("med_his_connector.med_his_code_view_desk").id,
            "target": "new",
            "context": {
                "default_channel_id": self.channel_id.id,
                "default_kind": MAPPABLE[self.error_code],
                "default_code": self.cause_code,
                # A button says then whether it is tried out first, or in earnest.
                "med_mapped_at_desk": True,
            },
        }

    def action_read_content(self):
        """Ask for the reason, then show the message with its patient covered."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Read Content"),
            "res_model": "med.his.reading",
            "view_mode": "form",
            "target": "new",
            "context": {"default_message_id": self.id},
        }

    def action_view_lines(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Recorded Lines"),
            "res_model": "med.consumption",
            "view_mode": "list,form",
            "domain": [("his_message_id", "=", self.id)],
        }

    def _no_content(self):
        return self.env._(
            "The content is no longer kept, so it cannot be read again. Have it sent "
            "anew."
        )

    def _log_replay(self):
        self._log_event("replay")

    def _log_event(self, event, reason=""):
        """One entry for one message; many at once are one entry a channel."""
        for channel, messages in self.grouped("channel_id").items():
            one = messages if len(messages) == 1 else None
            span = f"{messages[0].id} … {messages[-1].id}"
            self.env["med.his.event"]._log(
                event,
                channel=channel,
                message=one,
                detail=f"{span}: {reason}"[:200] if reason else span,
                count=len(messages),
            )

    @api.model
    def _codes_of_kind(self, kind):
        """The causes that a mapping of this kind mends."""
        return [code for code, mapped in MAPPABLE.items() if mapped == kind]

    def _queue_again(self, states=("exception",)):
        """Put messages of these states back into the queue, and wake the job."""
        # On behalf of whoever mended the cause; they may not write messages by hand.
        again = self.sudo().filtered(lambda message: message.state in states)
        if again:
            again.write({"state": "received", "attempts": 0, "next_try_at": False})
            again._trigger_processing()

    def _check_operator(self):
        operator = "med_his_connector.group_integration_operator"
        if not self.env.su and not self.env.user.has_group(operator):
            raise AccessError(
                self.env._("Only an integration operator works on messages.")
            )
        self.check_access("read")

    @api.model
    def _trigger_processing(self, at=None):
        # The job belongs to the system, whoever has work for it.
        self.env.ref("med_his_connector.ir_cron_process").sudo()._trigger(at)

    @api.model
    def _keyring(self):
        return load_keyring(self.env)

    def _content(self):
        """The bytes as they were sent; None where they are not kept."""
        self.ensure_one()
        # Sealed bytes are no use to anybody without the key; see med.his.reading.
        sealed = self.sudo().with_context(bin_size=False).raw
        if not sealed:
            return None
        return self._keyring().unseal(base64.b64decode(sealed), self.sha256)

import base64
from dataclasses import replace
from uuid import uuid4

from odoo import api, fields, models
from odoo.addons.med_consumables.core.sealing import SealError
from odoo.addons.med_consumables.models.keyring import load_keyring
from odoo.exceptions import UserError

from ..core.charset import decode
from ..core.errors import Hl7Error
from ..core.inbox import Arrival, judge
from ..models.error_words import in_words, joined
from ..models.med_his_message import MAPPABLE

SHOWN = 200  # fields of one message


class Undone(Exception):
    """Ends a dry run: everything it did is rolled back."""


class MedHisAssistant(models.TransientModel):
    """Paste a message, see how it is read, map what is unknown, try it, go live.

    What is pasted may name a patient. It is kept sealed, for its own user alone, and is
    removed with the assistant's other traces within hours.
    """

    _name = "med.his.assistant"
    _description = "Set-up Assistant"
    _transient_max_hours = 1.0

    channel_id = fields.Many2one(
        "med.his.channel",
        required=True,
        domain="[('direction', '=', 'in')]",
    )
    transport = fields.Selection(related="channel_id.transport")
    line_numbers = fields.Selection(related="channel_id.line_numbers", readonly=False)
    counts_lines = fields.Boolean(
        readonly=True, help="The number of a line of this message is its place."
    )
    is_live = fields.Boolean(compute="_compute_is_live")
    content = fields.Text(
        string="Message",
        compute="_compute_content",
        inverse="_inverse_content",
        help="As the other system sends it. It is kept sealed, for an hour at most.",
    )
    sealed = fields.Binary(attachment=False, groups="base.group_system")
    line_ids = fields.One2many("med.his.assistant.line", "assistant_id")
    unknown_count = fields.Integer(compute="_compute_unknown_count")
    problem = fields.Char(readonly=True)
    outcome = fields.Text(string="What Would Be Recorded", readonly=True)
    outcome_level = fields.Selection(
        [("success", "Success"), ("warning", "Warning"), ("danger", "Danger")],
        readonly=True,
    )

    @api.depends("channel_id")
    def _compute_display_name(self):
        for assistant in self:
            name = assistant.channel_id.name
            assistant.display_name = name or self.env._("Set-up Assistant")

    @api.depends("sealed")
    @api.depends_context("uid")
    def _compute_content(self):
        for assistant in self:
            own = assistant.create_uid in (self.env.user, self.env["res.users"])
            assistant.content = own and assistant._opened()

    def _inverse_content(self):
        ring = load_keyring(self.env)
        for assistant in self:
            content = (assistant.content or "").encode()
            sealed = ring.seal(content, f"med.his.assistant/{assistant.id}")
            # Not even its own user reads the sealed bytes.
            assistant.sudo().sealed = base64.b64encode(sealed)

    @api.depends("channel_id.active", "channel_id.test_mode")
    def _compute_is_live(self):
        for assistant in self:
            channel = assistant.channel_id
            assistant.is_live = channel.active and not channel.test_mode

    @api.depends("line_ids.status")
    def _compute_unknown_count(self):
        for assistant in self:
            unknown = assistant.line_ids.filtered(lambda each: each.status == "unknown")
            assistant.unknown_count = len(unknown)

    def action_read(self):
        """Show how every field is read, and what it stands for here."""
        self.ensure_one()
        if not (self.content or "").strip():
            raise UserError(self.env._("Paste a message first."))
        self._read_again()
        return True

    def _read_again(self):
        for assistant in self:
            assistant.write(
                {
                    "problem": False,
                    "outcome": False,
                    "counts_lines": False,
                    "line_ids": [(5, 0, 0)],
                }
            )
            other = assistant._kind_of_other()
            if other:
                assistant.problem = other
                continue
            found = self.env["med.his.assistant.reader"]._read(
                assistant.channel_id, assistant._raw()
            )
            assistant.problem = found["problem"]
            assistant.counts_lines = found["counts_lines"]
            assistant.line_ids = [(0, 0, values) for values in found["lines"][:SHOWN]]

    def _kind_of_other(self):
        """What is said where the text is plainly of another kind than the channel."""
        text, transport = (self.content or "").lstrip(), self.transport
        is_hl7 = text[:3] in ("MSH", "FHS", "BHS")
        if is_hl7 == (transport == "mllp") or (not is_hl7 and text[:1] not in "{["):
            return False
        kinds = dict(
            self.channel_id._fields["transport"]._description_selection(self.env)
        )
        return self.env._(
            "This is a message of another kind (%(found)s) than the channel receives "
            "(%(kind)s). Choose another channel, or another message.",
            found="HL7 v2" if is_hl7 else "JSON",
            kind=kinds[transport],
        )

    def action_try(self):
        """Do everything that would be done, look at it, and undo it."""
        self.ensure_one()
        self.channel_id.check_access("write")
        level, text = self._dry_run()
        self.write({"outcome_level": level, "outcome": text})
        return True

    def action_go_live(self):
        self.ensure_one()
        channel = self.channel_id
        channel.write({"active": True, "test_mode": False})
        channel.message_post(body=self.env._("Went live from the set-up assistant."))
        return {
            "type": "ir.actions.act_window",
            "res_model": "med.his.channel",
            "res_id": channel.id,
            "view_mode": "form",
        }

    def _opened(self):
        # Only its own user comes here: see _compute_content.
        sealed = self.sudo().with_context(bin_size=False).sealed
        if not sealed:
            return ""
        try:
            content = base64.b64decode(sealed)
            ring = load_keyring(self.env)
            return ring.unseal(content, f"med.his.assistant/{self.id}").decode()
        except SealError:
            return ""

    def _raw(self):
        """The bytes that the other system would send for this text."""
        text, charset = self.content.strip(), self.channel_id.charset
        if not text.startswith("MSH"):
            return text.encode()
        for codec in dict.fromkeys(("utf-8", charset, "gb18030")):
            try:
                raw = text.encode(codec)
                if decode(raw, charset)[0] == text:
                    return raw
            except (UnicodeEncodeError, Hl7Error):
                continue
        return text.encode()

    # ---- Trying ----------------------------------------------------------------------

    def _dry_run(self):
        """``(level, text)``: what would become of the message, in words."""
        channel, told = self.channel_id, []
        try:
            with self.env.cr.savepoint():
                for message in self._kept_for_a_moment(channel):
                    if message.state == "received":
                        message._work()
                    told.append(self._told(message))
                self.env.flush_all()
                raise Undone
        except Undone:
            self.env.invalidate_all()
        except Hl7Error as error:
            return "danger", self.env["med.his.assistant.reader"]._words(error)
        levels = [level for level, _text in told]
        worst = next(
            (each for each in ("danger", "warning") if each in levels), "success"
        )
        return worst, "\n".join(text for _level, text in told)

    def _kept_for_a_moment(self, channel):
        """The messages that this text would be, under keys that nobody else has."""
        # On behalf of the sender whose message it is; all of it is undone.
        Message = self.env["med.his.message"].sudo()
        verdicts = [
            replace(verdict, key=f"dry:{uuid4()}")
            for verdict in self.env["med.his.assistant.reader"]._verdicts(
                channel, self._raw()
            )
        ]
        Message._accept(
            [Arrival(channel._receiver(), "", verdict=each) for each in verdicts]
        )
        keys = [verdict.key for verdict in verdicts]
        return Message.search([("message_key", "in", keys)], order="id")

    def _told(self, message):
        selections = dict(
            message._fields["error_code"]._description_selection(self.env)
        )
        cause = selections.get(message.error_code, "")
        where = " ".join(filter(None, (message.error_place, message.cause_code)))
        if message.state == "processed":
            lines = [
                self.env._(
                    "%(kind)s: %(quantity)s %(unit)s of %(item)s in %(department)s on "
                    "%(when)s",
                    kind=dict(line._fields["kind"]._description_selection(self.env))[
                        line.kind
                    ],
                    quantity=f"{line.quantity:g}",
                    unit=line.uom_id.name,
                    item=line.product_id.display_name,
                    department=line.department_id.display_name,
                    when=fields.Datetime.context_timestamp(
                        self.with_context(tz=self.channel_id.tz), line.event_time
                    ).strftime("%Y-%m-%d %H:%M"),
                )
                for line in message.consumption_ids
            ]
            if message.repeated_count:
                lines.append(
                    self.env._(
                        "%(count)s lines are in the ledger already and would not be "
                        "counted again.",
                        count=message.repeated_count,
                    )
                )
            text = "\n".join(lines) or self.env._("It would be taken up.")
            return "success", text
        states = dict(message._fields["state"]._description_selection(self.env))
        level = "warning" if message.state in ("ignored", "parked") else "danger"
        detail = in_words(self.env, message.error_text)
        return level, joined(self.env, states[message.state], cause, where, detail)


class MedHisAssistantLine(models.TransientModel):
    """One value of the message: where it stands, what it says, what it stands for."""

    _name = "med.his.assistant.line"
    _description = "Field of a Pasted Message"
    _order = "id"

    assistant_id = fields.Many2one(
        "med.his.assistant", required=True, ondelete="cascade"
    )
    place = fields.Char(readonly=True)
    meaning = fields.Char(string="Read As", readonly=True)
    value = fields.Char(readonly=True)
    stands_for = fields.Char(readonly=True)
    status = fields.Selection(
        [
            ("read", "Read"),
            ("unknown", "Unknown"),
            ("kept", "Kept"),
            ("dropped", "Not Looked At"),
        ],
        readonly=True,
    )
    code_kind = fields.Char(readonly=True)
    code = fields.Char(readonly=True)

    def action_map(self):
        """Say what an unknown code stands for; then read the message again."""
        self.ensure_one()
        if self.code_kind not in set(MAPPABLE.values()):
            raise UserError(self.env._("This is no code that can be mapped."))
        view = self.env.ref("med_his_connector.med_his_code_view_form")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Map Code"),
            "res_model": "med.his.code",
            "view_mode": "form",
            "view_id": view.id,
            "target": "new",
            "context": {
                "default_channel_id": self.assistant_id.channel_id.id,
                "default_kind": self.code_kind,
                "default_code": self.code,
                "med_assistant_id": self.assistant_id.id,
            },
        }


class MedHisAssistantReader(models.AbstractModel):
    """How a pasted text is read, by the kind of its channel."""

    _name = "med.his.assistant.reader"
    _description = "Reader of Pasted Messages"

    @api.model
    def _verdicts(self, channel, raw):
        """What would be stored of the text; ``Hl7Error`` where nothing would."""
        if channel.transport == "mllp":
            Message = self.env["med.his.message"]
            now = Message._now_utc()
            return [judge(raw, channel._receiver(), uuid4().hex[:20], now)]
        return [
            unit["verdict"] for unit in self._units(channel, raw) if unit["verdict"]
        ]

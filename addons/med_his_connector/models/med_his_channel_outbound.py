import ssl
from datetime import timedelta
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.addons.med_consumables.core.sealing import SealError
from odoo.exceptions import ValidationError

from ..core.peer_name import is_host
from ..core.tls import show_certificate
from ..gateway.client import MllpClient, tls_context
from ..gateway.fhir_client import FhirClient
from .med_his_channel_kind import OUTBOUND

#: A line that is down is tried again after as long as it is down, within these.
SOONEST, LATEST = timedelta(seconds=2), timedelta(minutes=1)


class MedHisChannelOutbound(models.Model):
    """What is sent to another system, and where to."""

    _inherit = "med.his.channel"

    out_host = fields.Char(string="Sends To", tracking=True)
    out_port = fields.Integer(string="Port There", tracking=True)
    out_tls = fields.Boolean(
        string="Encrypted (TLS)",
        default=True,
        tracking=True,
        help="Without it messages travel as plain text: only on the same machine or in "
        "a network of its own.",
    )
    out_authority = fields.Text(
        string="Their Authority (PEM)",
        help="The certificate that signed the receiver's; empty for those that the "
        "server trusts anyway.",
    )
    out_url = fields.Char(
        string="Their FHIR Address", tracking=True, help="Such as https://his/fhir/R4."
    )
    out_key = fields.Char(
        string="Their Key",
        compute="_compute_out_key",
        inverse="_inverse_out_key",
        groups="med_his_connector.group_integration_operator",
        help="Sent as a bearer key. Kept sealed, and never shown again.",
    )
    out_key_sealed = fields.Binary(
        attachment=False, copy=False, groups="base.group_system"
    )
    out_application = fields.Char(string="Receiving Application")  # MSH-5
    out_facility = fields.Char(string="Receiving Facility")  # MSH-6
    answer_seconds = fields.Integer(
        string="Wait For an Answer (seconds)", default=30, required=True
    )
    reject_means = fields.Selection(
        [
            ("wait", "It takes nothing now: hold all messages"),
            ("refuse", "It refuses this message"),
        ],
        string="If It Answers AR",
        default="wait",
        required=True,
        tracking=True,
        help="By the standard, AR and CR say that the receiver cannot take messages at "
        "present: all are held, no try is counted, and one of them tries again at "
        "least every minute. Some systems mean a defect of the message instead, which "
        "sending it again does not mend.",
    )
    sends_charges = fields.Boolean(
        string="Charges After Scans",
        tracking=True,
        help="What is scanned at the bedside and can be charged is told to the "
        "hospital's system; what is taken back there is taken back.",
    )
    sends_items = fields.Boolean(
        string="Items", tracking=True, help="Each night, the items that have changed."
    )
    sends_stock = fields.Boolean(
        string="Stock Levels",
        tracking=True,
        help="With every item, where it lies and how much of it; each night.",
    )
    items_sent_until = fields.Datetime(readonly=True, copy=False)
    down_since = fields.Datetime(
        string="No Answer Since",
        readonly=True,
        copy=False,
        help="Nothing is lost and no try is counted meanwhile; the receiver is tried "
        "at least every minute.",
    )
    probe_at = fields.Datetime(readonly=True, copy=False)
    unsent_count = fields.Integer(string="To Be Sent", compute="_compute_unsent")
    dead_count = fields.Integer(string="Not Delivered", compute="_compute_unsent")

    _out_port_range = models.Constraint(
        "CHECK(transport != 'out_mllp' OR out_port BETWEEN 1 AND 65535)",
        "A port is a number from 1 to 65535.",
    )
    _answer_positive = models.Constraint(
        "CHECK(answer_seconds > 0)", "Wait at least a second for an answer."
    )

    def _compute_out_key(self):
        for channel in self:
            channel.out_key = False

    def _inverse_out_key(self):
        self._seal("out_key", "out_key_sealed", type(self)._checked_out_key)

    def _checked_out_key(self, key):
        if not (key.isascii() and key.isprintable()):
            raise ValidationError(
                self.env._(
                    "The key of %(channel)s has signs that cannot be sent, such as "
                    "full-width ones. Copy it again, letters and digits only.",
                    channel=self.name,
                )
            )
        return key

    def _compute_unsent(self):
        counts = {
            (channel, state): count
            for channel, state, count in self.env["med.his.outbound"]._read_group(
                [("channel_id", "in", self.ids), ("state", "in", ("waiting", "dead"))],
                ["channel_id", "state"],
                ["__count"],
            )
        }
        for channel in self:
            channel.unsent_count = counts.get((channel, "waiting"), 0)
            channel.dead_count = counts.get((channel, "dead"), 0)

    @api.constrains("out_authority", "out_host", "out_url", "out_tls", "transport")
    def _check_receiver(self):
        for channel in self.filtered(lambda each: each.transport in OUTBOUND):
            if not channel._names_receiver():
                raise ValidationError(
                    self.env._(
                        "Say where %(channel)s sends to: a name or address of a "
                        "machine, or a FHIR address; encrypted (https), unless it "
                        "says otherwise.",
                        channel=channel.name,
                    )
                )
            try:
                tls_context(channel.out_authority)
            except (ssl.SSLError, ValueError):
                raise ValidationError(
                    self.env._(
                        "The authority of %(channel)s is no certificate. Paste it with "
                        "its first and last line.",
                        channel=channel.name,
                    )
                ) from None

    def action_view_outbound(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_his_connector.med_his_outbound_action"
        )
        action["context"] = {"search_default_channel_id": self.id}
        return action

    def action_send_items(self):
        """Send all items (and levels) anew, as for a system that is new."""
        self.ensure_one()
        self.check_access("write")
        count = self.env["med.his.outbound"]._queue_items(self, everything=True)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": self.env._("%(count)s items are on their way.", count=count),
                "type": "info",
            },
        }

    def _note_down(self, problem):
        """Nobody is there; when the next message may try it."""
        self.ensure_one()
        now = fields.Datetime.now()
        since = min(self.down_since or now, now)
        probe_at = now + min(max(now - since, SOONEST), LATEST)
        self.write({"look_problem": problem, "down_since": since, "probe_at": probe_at})

    def _note_up(self):
        self.ensure_one()
        if self.down_since or self.look_problem:
            self.write({"look_problem": False, "down_since": False, "probe_at": False})

    def _names_receiver(self):
        self.ensure_one()
        if self.transport == "out_mllp":
            return is_host(self.out_host)
        try:
            parts = urlsplit(self.out_url or "")
            port = parts.port
        except ValueError:
            return False
        schemes = ("https",) if self.out_tls else ("https", "http")
        return parts.scheme in schemes and is_host(parts.hostname) and port != 0

    def _out_key(self):
        try:
            return self._unseal("out_key_sealed")
        except SealError:
            return ""  # the receiver refuses it, and that is shown

    def _out_tls(self):
        """Checks the receiver, and shows it our certificate where there is one."""
        context, key = tls_context(self.out_authority), self._private_key()
        if self.tls_certificate and key:
            show_certificate(context, self.tls_certificate.strip(), key)
        return context

    def _client(self):
        self.ensure_one()
        if self.transport == "out_fhir":
            tls = self._out_tls()
            return FhirClient(self.out_url, self._out_key(), self.answer_seconds, tls)
        tls = self._out_tls() if self.out_tls else None
        return MllpClient(self.out_host, self.out_port, self.answer_seconds, tls)

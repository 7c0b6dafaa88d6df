import ssl

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..gateway.client import MllpClient, tls_context


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
    out_application = fields.Char(string="Receiving Application")  # MSH-5
    out_facility = fields.Char(string="Receiving Facility")  # MSH-6
    answer_seconds = fields.Integer(
        string="Wait For an Answer (seconds)", default=30, required=True
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
    unsent_count = fields.Integer(string="To Be Sent", compute="_compute_unsent")
    dead_count = fields.Integer(string="Not Delivered", compute="_compute_unsent")

    _out_port_range = models.Constraint(
        "CHECK(transport != 'out_mllp' OR out_port BETWEEN 1 AND 65535)",
        "A port is a number from 1 to 65535.",
    )
    _answer_positive = models.Constraint(
        "CHECK(answer_seconds > 0)", "Wait at least a second for an answer."
    )

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

    @api.constrains("out_authority", "out_host", "transport")
    def _check_receiver(self):
        for channel in self.filtered(lambda each: each.transport == "out_mllp"):
            if not channel.out_host:
                raise ValidationError(
                    self.env._("Say where %(channel)s sends to.", channel=channel.name)
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

    def _client(self):
        self.ensure_one()
        tls = tls_context(self.out_authority) if self.out_tls else None
        return MllpClient(self.out_host, self.out_port, self.answer_seconds, tls)

from odoo import fields, models
from odoo.exceptions import UserError, ValidationError

#: Kinds that reach one person each; the others reach a group or a system at once.
TO_PERSONS = ("popup", "inbox", "email", "sms")
#: Kinds that leave the house, to an address that is entered here.
BY_HTTP = ("sms", "wecom", "dingtalk", "webhook")


class MedAlertChannel(models.Model):
    """A way by which alerts reach people beside their task in Odoo.

    Nothing leaves the house unless a channel is made here and named on a level of a
    rule. What is sent waits in the outbox (``med.alert.delivery``).
    """

    _name = "med.alert.channel"
    _description = "Alert Channel"
    _inherit = ["mail.thread"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", help="Empty: the channel serves every company."
    )
    kind = fields.Selection(
        [
            ("popup", "Pop-up in Odoo"),
            ("inbox", "Message in Odoo"),
            ("email", "E-mail"),
            ("sms", "Text message"),
            ("wecom", "WeCom group robot"),
            ("dingtalk", "DingTalk group robot"),
            ("webhook", "Signed webhook"),
        ],
        required=True,
        default="inbox",
        tracking=True,
    )
    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        help="Language of what is sent to a group. A person gets their own.",
    )
    tells_end = fields.Boolean(
        string="Also When It Ends",
        help="Tell also that an alert has ended. For systems that keep a list.",
    )
    max_attempts = fields.Integer(
        string="Attempts",
        required=True,
        default=8,
        help="After so many failures the message waits for a person. "
        "The pause doubles from a minute to six hours.",
    )
    level_ids = fields.Many2many("med.alert.level", readonly=True)
    waiting_count = fields.Integer(string="Waiting", compute="_compute_counts")
    dead_count = fields.Integer(string="Not Delivered", compute="_compute_counts")

    _max_attempts_positive = models.Constraint(
        "CHECK(max_attempts > 0)", "There is at least one attempt."
    )

    def _compute_counts(self):
        rows = self.env["med.alert.delivery"]._read_group(
            [("channel_id", "in", self.ids), ("state", "in", ("waiting", "dead"))],
            ["channel_id", "state"],
            ["__count"],
        )
        counts = {(channel, state): count for channel, state, count in rows}
        for channel in self:
            channel.waiting_count = counts.get((channel, "waiting"), 0)
            channel.dead_count = counts.get((channel, "dead"), 0)

    def _check_address(self):
        """Called when all is entered and sealed: a constraint would come too soon."""
        for channel in self.filtered("active"):
            if channel.kind not in BY_HTTP:
                continue
            if not (channel.public_url or "").startswith(("https://", "http://")):
                raise ValidationError(
                    self.env._(
                        "%(channel)s needs the address that messages are posted to; "
                        "it begins with https:// (or http:// inside the house).",
                        channel=channel.name,
                    )
                )
            if channel.kind == "webhook" and not channel.has_secret:
                raise ValidationError(
                    self.env._(
                        "%(channel)s needs a secret: without a signature the "
                        "receiver cannot know who has sent a message.",
                        channel=channel.name,
                    )
                )

    def action_test(self):
        """Send a test message now, to whoever asks, and say what became of it."""
        self.ensure_one()
        self.check_access("write")
        # A test is a row of the outbox like any other; only the engine writes there.
        delivery = (
            self.env["med.alert.delivery"]
            .sudo()
            .create(
                {
                    "channel_id": self.id,
                    "event": "test",
                    "user_id": self.kind in TO_PERSONS and self.env.uid,
                }
            )
        )
        delivery._send()
        if delivery.state != "sent":
            reason = delivery.last_error
            delivery.write({"state": "cancelled"})
            raise UserError(
                self.env._(
                    "The test of %(channel)s did not arrive.\n%(reason)s",
                    channel=self.name,
                    reason=reason,
                )
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The test message was taken."),
            },
        }

    def action_view_deliveries(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_alerts.med_alert_delivery_action"
        )
        action["domain"] = [("channel_id", "=", self.id)]
        return action

    def _receivers(self, person):
        """Who gets one message of these channels: ``[(channel, user or none)]``."""
        nobody = self.env["res.users"]
        receivers = []
        for channel in self:
            if channel.kind not in TO_PERSONS:
                receivers.append((channel, nobody))
            elif person:
                receivers.append((channel, person))
        return receivers

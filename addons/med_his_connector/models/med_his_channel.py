import ipaddress
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..core.framing import Limits
from ..core.inbox import Receiver

USUAL_PORT = 2575  # registered for HL7 over MLLP


class MedHisChannel(models.Model):
    """One connection to another system: who may send what, and how it is to be read."""

    _name = "med.his.channel"
    _description = "Interface Channel"
    _inherit = ["mail.thread"]
    _order = "company_id, name"
    # By which a file of totals names it, and whoever looks for it.
    _rec_names_search = ["name", "code"]
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    code = fields.Char(
        required=True,
        copy=False,
        tracking=True,
        help="Short and lasting: the ledger names its source by it.",
    )
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    test_mode = fields.Boolean(
        tracking=True,
        help="Post messages that call themselves a test (MSH-11 is not P). On a "
        "channel of daily work they are kept and answered, and never posted.",
    )
    department_id = fields.Many2one(
        "med.department",
        string="Usual Department",
        check_company=True,
        tracking=True,
        help="Used where a message names no department at all.",
    )

    transport = fields.Selection(
        [
            ("mllp", "HL7 v2 over MLLP"),
            ("fhir", "FHIR R4 over HTTPS"),
            ("feed", "REST/JSON feed"),
            ("folder", "File folder"),
            ("view", "Database view"),
            ("out_mllp", "Outbound: HL7 v2 over MLLP"),
            ("out_fhir", "Outbound: FHIR R4 over HTTPS"),
        ],
        string="Kind",
        required=True,
        default="mllp",
        tracking=True,
    )
    host = fields.Char(
        string="Listens On",
        default="127.0.0.1",
        tracking=True,
        help="Address of this machine on which the gateway listens.",
    )
    port = fields.Integer(
        default=lambda self: self._free_port(), copy=False, tracking=True
    )
    plaintext = fields.Boolean(
        tracking=True,
        help="Messages travel unencrypted. Say so only where the line is protected "
        "otherwise: the same machine, or a network of its own.",
    )
    allowed_networks = fields.Char(
        required=True,
        default="127.0.0.0/8",
        tracking=True,
        help="Who may connect: addresses or networks such as 10.1.2.0/24, with commas.",
    )
    max_connections = fields.Integer(default=50, required=True)
    max_message_kb = fields.Integer(
        string="Largest Message (KiB)", default=5120, required=True
    )
    receive_seconds = fields.Integer(
        default=30,
        required=True,
        help="A message must be complete in this time, or the line is closed.",
    )
    idle_seconds = fields.Integer(
        default=300, required=True, help="A silent line is closed after this time."
    )

    code_ids = fields.One2many("med.his.code", "channel_id", string="Codes")

    received_today = fields.Integer(compute="_compute_today")
    processed_today = fields.Integer(compute="_compute_today")
    exception_count = fields.Integer(
        string="Exceptions", compute="_compute_open", help="Open, whatever their age."
    )
    waiting_count = fields.Integer(string="Waiting", compute="_compute_open")
    last_message_at = fields.Datetime(
        string="Last Message", compute="_compute_last_message_at"
    )

    _code_uniq = models.Constraint("unique(code)", "Another channel has this code.")
    _address_uniq = models.UniqueIndex(
        "(host, port) WHERE active AND transport = 'mllp'",
        "Another channel listens on this address and port.",
    )
    _port_range = models.Constraint(
        "CHECK(transport != 'mllp' OR port BETWEEN 1 AND 65535)",
        "A port is a number from 1 to 65535.",
    )
    _limits_positive = models.Constraint(
        "CHECK(max_connections > 0 AND max_message_kb > 0 AND receive_seconds > 0"
        " AND idle_seconds > 0 AND largest_quantity >= 0 AND oldest_days >= 0)",
        "Limits are more than zero.",
    )

    def _compute_today(self):
        # The reader's day: they compare it with the clock on their wall.
        midnight = fields.Datetime.context_timestamp(
            self, fields.Datetime.now()
        ).replace(hour=0, minute=0, second=0, microsecond=0)
        since = midnight.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
        received = self._count([("received_at", ">=", since)])
        processed = self._count(
            [("received_at", ">=", since), ("state", "=", "processed")]
        )
        for channel in self:
            channel.received_today = received.get(channel, 0)
            channel.processed_today = processed.get(channel, 0)

    def _compute_open(self):
        exceptions = self._count(
            [("state", "in", ("exception", "dead", "quarantined"))]
        )
        waiting = self._count([("state", "in", ("received", "parked"))])
        for channel in self:
            channel.exception_count = exceptions.get(channel, 0)
            channel.waiting_count = waiting.get(channel, 0)

    def _compute_last_message_at(self):
        # One look into the index a channel; a grouped maximum would read all messages.
        Message = self.env["med.his.message"]
        Message.flush_model(["channel_id", "received_at"])
        rows = self.env.execute_query(
            SQL(
                "SELECT channel.id, (SELECT max(received_at) FROM med_his_message"
                " WHERE channel_id = channel.id)"
                " FROM med_his_channel AS channel WHERE channel.id = ANY(%s)",
                self.ids,
            )
        )
        last = dict(rows)
        for channel in self:
            channel.last_message_at = last.get(channel.id, False)

    def _count(self, domain):
        return dict(
            self.env["med.his.message"]._read_group(
                [("channel_id", "in", self.ids), *domain], ["channel_id"], ["__count"]
            )
        )

    @api.constrains("allowed_networks")
    def _check_allowed_networks(self):
        for channel in self:
            try:
                channel._networks()
            except ValueError:
                raise ValidationError(
                    self.env._(
                        "%(networks)s is no list of networks. Write addresses such "
                        "as 10.1.2.3 or networks such as 10.1.2.0/24, with commas.",
                        networks=channel.allowed_networks,
                    )
                )

    @api.model
    def _free_port(self):
        """The first from MLLP's usual one on that no channel has."""
        # A port is of the machine, whichever company may see its channel.
        taken = set(
            self.sudo()
            .search_fetch([("transport", "=", "mllp")], ["port"])
            .mapped("port")
        )
        return next(port for port in range(USUAL_PORT, 65536) if port not in taken)

    @api.constrains("host", "transport")
    def _check_host(self):
        for channel in self.filtered(lambda each: each.transport == "mllp"):
            try:
                ipaddress.ip_address(channel.host)
            except ValueError:
                raise ValidationError(
                    self.env._(
                        "%(host)s is no address of this machine. Write it as numbers, "
                        "such as 127.0.0.1 or 0.0.0.0.",
                        host=channel.host,
                    )
                )

    def write(self, vals):
        fixed = {"code", "company_id", "transport"} & vals.keys()
        now = self.read(fixed, load=None) if fixed else ()
        if any(row[name] != vals[name] for row in now for name in fixed) and self.env[
            "med.his.message"
        ].search_count([("channel_id", "in", self.ids)], limit=1):
            raise UserError(
                self.env._(
                    "The code, the kind and the company of a channel that has received "
                    "messages cannot change: lines sent again would be recorded a "
                    "second time.\n"
                    "Archive the channel and make a new one instead."
                )
            )
        return super().write(vals)

    def action_view_messages(self):
        return self._action_messages("med_his_connector.med_his_message_action")

    def action_view_exceptions(self):
        return self._action_messages("med_his_connector.med_his_exception_action")

    def _action_messages(self, xmlid):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["context"] = {"search_default_channel_id": self.id}
        return action

    def _networks(self):
        """Who may connect, as network objects; ValueError where one is none."""
        self.ensure_one()
        parts = (self.allowed_networks or "").replace(",", " ").split()
        return [ipaddress.ip_network(part, strict=False) for part in parts]

    def _receiver(self):
        """What must be known to accept a message of this channel."""
        self.ensure_one()
        return Receiver(self.id, self.company_id.id, self.charset, ZoneInfo(self.tz))

    def _line_limits(self):
        """What one connection may cost."""
        self.ensure_one()
        return Limits(
            frame_bytes=self.max_message_kb * 1024,
            receive_seconds=self.receive_seconds,
            idle_seconds=self.idle_seconds,
            connections=self.max_connections,
        )

    def _source(self):
        """Name of this channel in the ledger."""
        self.ensure_one()
        return f"his:{self.code}"

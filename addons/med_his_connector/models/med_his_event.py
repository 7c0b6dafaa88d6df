import socket
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_list

from ..core.audit_text import AuditEvent
from .error_words import in_words

HEARTBEAT_SECONDS = 10


class MedHisEvent(models.Model):
    """The audit trail of the interfaces: what was done, by whom, from where.

    Entries are only added; nobody changes or deletes one, the superuser's code neither.
    They say nothing of patients. What a message is, and when it came from where, stands
    on the message itself, which lasts as long.
    """

    _name = "med.his.event"
    _description = "Interface Event"
    _inherit = ["med.his.guarded.export"]
    _order = "id desc"
    _rec_name = "event"
    _log_access = False

    at = fields.Datetime(string="When", required=True, readonly=True, index=True)
    event = fields.Selection(
        [
            ("start", "Gateway started"),
            ("stop", "Gateway stopped"),
            ("connect", "Connected"),
            ("disconnect", "Disconnected"),
            ("refuse", "Refused"),
            ("lost", "Entries lost"),
            ("read", "Content read"),
            ("replay", "Tried again"),
            ("leave_out", "Left out"),
            ("map", "Code map changed"),
            ("channel", "Channel changed"),
            ("total", "Control total changed"),
            ("purge", "Contents removed"),
            ("export", "Audit trail exported"),
        ],
        string="What",
        required=True,
        readonly=True,
    )
    failed = fields.Boolean(readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Who", readonly=True, index="btree_not_null"
    )
    node = fields.Char(string="Machine", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    channel_id = fields.Many2one(
        "med.his.channel", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    peer = fields.Char(string="From Address", readonly=True)
    peer_name = fields.Char(string="Certificate Of", readonly=True)
    message_id = fields.Many2one(
        "med.his.message", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    detail = fields.Char(string="Detail (English)", readonly=True)
    detail_words = fields.Char(string="Detail", compute="_compute_detail_words")
    count = fields.Integer(
        string="Times",
        readonly=True,
        default=1,
        help="Equal events within a second are one entry.",
    )

    @api.depends("event", "detail")
    @api.depends_context("lang")
    def _compute_detail_words(self):
        known = self.env["med.his.channel"]._fields
        for event in self:
            names = (event.detail or "").split(", ") if event.event == "channel" else ()
            if names and all(name in known for name in names):
                # Which fields of the channel were changed.
                words = [known[name]._description_string(self.env) for name in names]
                event.detail_words = format_list(self.env, words)
            else:
                event.detail_words = in_words(self.env, event.detail)

    def write(self, vals):
        raise UserError(self.env._("An entry of the audit trail is never changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("An entry of the audit trail is never deleted."))

    @api.model
    def _log(self, event, channel=None, message=None, detail="", **values):
        """Somebody, or a job, did this now."""
        channel = channel or (message.channel_id if message else None)
        # Whoever does it writes its trail, and nobody else.
        self.sudo().create(
            {
                "at": fields.Datetime.now(),
                "event": event,
                "user_id": self.env.uid,
                "node": socket.gethostname(),
                "channel_id": channel.id if channel else False,
                "company_id": channel.company_id.id if channel else False,
                "message_id": message.id if message else False,
                "detail": detail or False,
                **values,
            }
        )

    @api.model
    def _log_of_gateway(self, entries, state):
        """What happened on the lines: ``[(journal.Entry, how often)]``; and a sign of
        life for whoever watches."""
        channels = self.env["med.his.channel"].browse(
            {entry.channel_id for entry, _count in entries if entry.channel_id}
        )
        company = {channel.id: channel.company_id.id for channel in channels.exists()}
        now, node = fields.Datetime.now(), socket.gethostname()
        self.create(
            [
                {
                    "at": now,
                    "event": entry.event,
                    "failed": entry.failed,
                    "node": node,
                    "channel_id": entry.channel_id in company and entry.channel_id,
                    "company_id": company.get(entry.channel_id, False),
                    "peer": entry.peer or False,
                    "peer_name": entry.peer_name[:200] or False,
                    "detail": entry.detail[:200] or False,
                    "count": count,
                }
                for entry, count in entries
            ]
        )
        self.env["med.his.node"]._beat(node, state)

    @api.model
    def _log_records(self, event, records, describe):
        """One entry a channel: what ``describe`` says of the first of its records."""
        for channel, own in records.grouped("channel_id").items():
            detail = describe(own[0])
            if len(own) > 1:
                detail += " …"
            self._log(event, channel=channel, detail=detail[:200], count=len(own))

    def _audit_events(self):
        """These entries as values of the core, oldest first."""
        return [
            AuditEvent(
                number=entry.id,
                event=entry.event,
                at=entry.at,
                actor=entry.user_id.login or "gateway",
                node=entry.node or "",
                channel=entry.channel_id.code or "",
                peer=entry.peer or "",
                peer_name=entry.peer_name or "",
                subject=entry.message_id.sha256 or "",
                detail=entry.detail or "",
                count=entry.count,
                failed=entry.failed,
            )
            for entry in self.sorted("id")
        ]


class MedHisNode(models.Model):
    """A gateway that is alive: where it runs, which lines it serves, since when."""

    _name = "med.his.node"
    _description = "Gateway"
    _order = "name"
    _log_access = False

    name = fields.Char(string="Machine", required=True, readonly=True)
    channel_code = fields.Char(string="Channel", required=True, readonly=True)
    channel_id = fields.Many2one(
        "med.his.channel", readonly=True, index=True, ondelete="cascade"
    )
    seen_at = fields.Datetime(string="Last Sign of Life", required=True, readonly=True)
    since = fields.Datetime(string="Running Since", readonly=True)
    listening = fields.Boolean(readonly=True)
    connections = fields.Integer(readonly=True)

    _name_uniq = models.Constraint(
        "unique(name, channel_code)", "A machine serves a channel once."
    )

    @api.model
    def _beat(self, node, state):
        """Not at every report: a sign of life is old news after ten seconds."""
        now = fields.Datetime.now()
        for channel in state["channels"]:
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO med_his_node AS node
                           (name, channel_code, channel_id, seen_at, since, listening,
                            connections)
                    VALUES (%(node)s, %(code)s,
                            (SELECT id FROM med_his_channel WHERE code = %(code)s),
                            %(now)s,
                            to_timestamp(%(since)s) AT TIME ZONE 'UTC',
                            %(listening)s, %(connections)s)
                        ON CONFLICT (name, channel_code) DO UPDATE
                       SET channel_id = excluded.channel_id,
                           seen_at = excluded.seen_at, since = excluded.since,
                           listening = excluded.listening,
                           connections = excluded.connections
                     WHERE node.seen_at NOT BETWEEN %(old)s AND %(now)s
                    """,
                    node=node,
                    code=channel["code"],
                    now=now,
                    old=now - timedelta(seconds=HEARTBEAT_SECONDS),
                    since=state["since"],
                    listening=channel["listening"],
                    connections=channel["connections"],
                )
            )

import base64
import random
import socket
import ssl
from contextlib import closing
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..core.backoff import wait_after
from ..core.framing import Decoder, Frame, Limits, wrap
from ..core.peer_name import is_pinned, names_of
from ..core.tls import client_context
from .med_his_message_answer import acknowledged

CONNECT_SECONDS, ANSWER_SECONDS = 10.0, 30.0
LONGEST_WAIT = timedelta(hours=1)
MAX_ATTEMPTS = 20
BATCH = 100


class MedHisReply(models.Model):
    """An application acknowledgement on its way: kept until its receiver has it."""

    _name = "med.his.reply"
    _description = "Application Acknowledgement"
    _order = "id desc"
    _rec_name = "control_id"

    message_id = fields.Many2one(
        "med.his.message", required=True, readonly=True, index=True, ondelete="restrict"
    )
    channel_id = fields.Many2one("med.his.channel", required=True, readonly=True)
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    control_id = fields.Char(string="Our ID", required=True, readonly=True)
    code = fields.Char(readonly=True, help="AA or AE")
    content = fields.Binary(attachment=False, readonly=True, groups="base.group_system")
    state = fields.Selection(
        [("waiting", "Waiting"), ("sent", "Sent"), ("failed", "Failed")],
        required=True,
        readonly=True,
        default="waiting",
    )
    attempts = fields.Integer(readonly=True)
    next_try_at = fields.Datetime(readonly=True)
    sent_at = fields.Datetime(readonly=True)
    error_text = fields.Char(string="Detail", readonly=True)

    _waiting_idx = models.Index("(channel_id, id) WHERE state = 'waiting'")

    @api.model
    def _put(self, rows):
        if rows:
            self.create(rows)
            # The job belongs to the system, whoever has work for it.
            self.env.ref("med_his_connector.ir_cron_reply").sudo()._trigger()

    @api.model
    def _cron_send(self):
        """Send what waits, in order, channel by channel; commit after each channel."""
        cron = self.env["ir.cron"]
        now = fields.Datetime.now()
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM med_his_reply WHERE state = 'waiting'"
                " AND (next_try_at IS NULL OR next_try_at <= %s)"
                " ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED",
                now,
                BATCH,
            )
        )
        replies = self.browse(id_ for (id_,) in rows)
        due = Domain("state", "=", "waiting") & (
            Domain("next_try_at", "=", False) | Domain("next_try_at", "<=", now)
        )
        cron._commit_progress(remaining=self.search_count(due))
        for channel, own in replies.grouped("channel_id").items():
            own.try_lock_for_update()._send_all(channel)
            cron._commit_progress(len(own))

    def _send_all(self, channel):
        """Each on the one connection, until one is not taken."""
        left = self.sorted("id")
        try:
            with closing(_connect(channel)) as connection:
                for reply in left:
                    reply._send(connection)
                    left -= reply
        except (OSError, ssl.SSLError, TimeoutError, ConnectionError) as error:
            left._postpone(error)

    def _send(self, connection):
        content = base64.b64decode(self.with_context(bin_size=False).content)
        connection.sendall(wrap(content))
        code = acknowledged(_receive(connection), self.control_id)
        if code not in ("CA", "AA", "CE", "AE"):
            raise ConnectionError("answered with another acknowledgement")
        refused = code in ("CE", "AE")
        self.write(
            {
                "state": "failed" if refused else "sent",
                "attempts": self.attempts + 1,
                "sent_at": fields.Datetime.now(),
                "next_try_at": False,
                "error_text": code if refused else False,
            }
        )

    def _postpone(self, error):
        now = fields.Datetime.now()
        for reply in self:
            attempts = reply.attempts + 1
            given_up = attempts >= MAX_ATTEMPTS
            drawn = random.random()  # noqa: S311  spreads retries, no secret
            wait = wait_after(attempts, LONGEST_WAIT, drawn)
            reply.write(
                {
                    "state": "failed" if given_up else "waiting",
                    "attempts": attempts,
                    "next_try_at": False if given_up else now + wait,
                    "error_text": str(error)[:200] or type(error).__name__,
                }
            )
            if not given_up:
                # The job belongs to the system, whoever has work for it.
                cron = self.env.ref("med_his_connector.ir_cron_reply").sudo()
                cron._trigger(now + wait)


def _connect(channel):
    address = channel.reply_host or "", channel.reply_port or 0
    connection = socket.create_connection(address, CONNECT_SECONDS)
    connection.settimeout(ANSWER_SECONDS)
    tls = None if channel.plaintext else channel._tls()
    if channel.plaintext:
        return connection
    if not tls:
        connection.close()
        raise ConnectionError("there is no certificate to connect with")
    secured = client_context(tls).wrap_socket(connection)
    if not is_pinned(names_of(secured.getpeercert()), tls.pins):
        secured.close()
        raise ConnectionError("its certificate is of nobody who may receive here")
    return secured


def _receive(connection):
    """The content of the next frame."""
    decoder = Decoder(Limits())
    while True:
        chunk = connection.recv(65536)
        if not chunk:
            raise ConnectionError("hung up without an answer")
        for event in decoder.feed(chunk):
            if isinstance(event, Frame):
                return event.content
            raise ConnectionError("answered with something that is no frame")

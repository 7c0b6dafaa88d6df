import base64
import logging
import random

from odoo import api, fields, models
from odoo.tools import SQL

from ..core.backoff import wait_after
from ..core.tls import client_context
from ..gateway.client import LineDown, MllpClient, NoAnswer
from .error_words import in_words
from .med_his_channel_outbound import LATEST

_logger = logging.getLogger(__name__)
FATES = {"taken": "sent", "wrong": "failed"}


class MedHisReply(models.Model):
    """An application acknowledgement on its way: kept until its receiver has it.

    A receiver that is not there is no fault of a reply: all of the channel wait,
    however long, and one of them at a time tries the line. What the receiver refuses,
    or hangs up at again and again, is for a person.
    """

    _name = "med.his.reply"
    _description = "Application Acknowledgement"
    _inherit = ["med.his.guarded.export"]
    _order = "id desc"
    _rec_name = "control_id"

    message_id = fields.Many2one(
        "med.his.message", required=True, readonly=True, index=True, ondelete="restrict"
    )
    channel_id = fields.Many2one("med.his.channel", required=True, readonly=True)
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    control_id = fields.Char(string="Our ID", required=True, readonly=True)
    code = fields.Char(string="Says", readonly=True, help="AA or AE")
    content = fields.Binary(attachment=False, readonly=True, groups="base.group_system")
    state = fields.Selection(
        [("waiting", "Waiting"), ("sent", "Sent"), ("failed", "Failed")],
        required=True,
        readonly=True,
        default="waiting",
    )
    attempts = fields.Integer(
        readonly=True, help="Tries at which the receiver was there and did not take it."
    )
    next_try_at = fields.Datetime(readonly=True)
    sent_at = fields.Datetime(readonly=True)
    error_text = fields.Char(string="Detail", readonly=True)

    _waiting_idx = models.Index("(channel_id, id) WHERE state = 'waiting'")
    _failed_idx = models.Index("(channel_id) WHERE state = 'failed'")

    def action_send_again(self):
        self.env["med.his.outbound"]._check_operator()
        self.check_access("read")
        # Operators may not write replies by hand.
        self.sudo().filtered(lambda each: each.state == "failed").write(
            {"state": "waiting", "attempts": 0, "next_try_at": False}
        )
        self._trigger_sending()

    @api.model
    def _put(self, rows):
        if rows:
            self.create(rows)
            self._trigger_sending()

    @api.model
    def _trigger_sending(self, at=None):
        # The job belongs to the system, whoever has work for it.
        self.env.ref("med_his_connector.ir_cron_reply").sudo()._trigger(at)

    @api.model
    def _cron_send(self):
        """Send what waits, in order, channel by channel; commit after each reply."""
        cron, now = self.env["ir.cron"], fields.Datetime.now()
        waiting = [("state", "=", "waiting")]
        waiting += ["|", ("next_try_at", "=", False), ("next_try_at", "<=", now)]
        # A clock that was put back must not stop the sending.
        waiting += ["|", "|", ("channel_id.probe_at", "=", False)]
        waiting += [("channel_id.probe_at", "<=", now)]
        waiting += [("channel_id.probe_at", ">", now + LATEST)]
        due = self.search(waiting)
        cron._commit_progress(remaining=len(due))
        for channel in due.channel_id:
            if not self._send_all(channel, lambda: cron._commit_progress(1)):
                return
        # What is left waits for its next try, for its line or for a person.
        cron._commit_progress(remaining=0)

    @api.model
    def _send_all(self, channel, commit):
        """Send what is due on one connection, each outcome committed.

        Returns the seconds that are left to the job.
        """
        left = 1
        try:
            client = channel._reply_client()
        except Exception as error:  # noqa: BLE001  one channel must not stop others
            _logger.error("replies of %s: %s", channel.code, type(error).__name__)
            self._note_down(channel, str(error) or type(error).__name__)
            return commit()
        try:
            while reply := self._take_next(channel):
                reached = reply._send(client)
                left = commit()
                if not left or not reached:
                    break
        finally:
            client.close()
        return left

    @api.model
    def _take_next(self, channel):
        """The next one that is due; locked."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM med_his_reply WHERE channel_id = %s"
                " AND state = 'waiting' AND (next_try_at IS NULL OR next_try_at <= %s)"
                " ORDER BY next_try_at NULLS FIRST, id LIMIT 1 FOR UPDATE SKIP LOCKED",
                channel.id,
                fields.Datetime.now(),
            )
        )
        return self.browse(row[0] for row in rows)

    def _send(self, client):
        """Send it and write down what came of it; whether the receiver was there."""
        self.ensure_one()
        channel = self.channel_id
        content = base64.b64decode(self.with_context(bin_size=False).content)
        try:
            answer = client.send(content, self.control_id, channel.charset)
        except LineDown as error:
            # Whoever was there until it got this one may have fallen over it.
            is_suspect = isinstance(error, NoAnswer) and not channel.down_since
            why = in_words(channel._in_its_words().env, str(error))
            self._note_down(channel, why)
            if is_suspect:
                self._postpone(why)
            else:
                self.error_text = why
            return False
        channel._note_up()
        state = FATES.get(answer.fate)
        if not state:
            self._postpone(answer.reason or answer.code)
            return True
        why = f"{answer.code} {answer.reason}" if state == "failed" else ""
        self.write(
            {
                "state": state,
                "attempts": self.attempts + 1,
                "sent_at": fields.Datetime.now(),
                "next_try_at": False,
                "error_text": why.strip() or False,
            }
        )
        return True

    @api.model
    def _note_down(self, channel, why):
        own = channel._in_its_words()
        problem = own.env._("Replies cannot be sent: %(why)s", why=why)
        channel._note_down(problem)
        self._trigger_sending(at=channel.probe_at)

    def _postpone(self, why):
        """Try it again, later each time; too often, and somebody must look."""
        channel, attempts = self.channel_id, self.attempts + 1
        given_up = attempts >= channel.max_attempts
        drawn = random.random()  # noqa: S311  spreads retries, no secret
        wait = wait_after(attempts, channel._longest_wait(), drawn)
        next_try_at = fields.Datetime.now() + wait
        self.write(
            {
                "state": "failed" if given_up else "waiting",
                "attempts": attempts,
                "next_try_at": False if given_up else next_try_at,
                "error_text": why,
            }
        )
        if not given_up:
            self._trigger_sending(at=next_try_at)


class MedHisChannel(models.Model):
    _inherit = "med.his.channel"

    unreplied_count = fields.Integer(
        string="Replies to Be Sent", compute="_compute_unreplied"
    )

    def _compute_unreplied(self):
        counts = self.env["med.his.reply"]._read_group(
            [("channel_id", "in", self.ids), ("state", "in", ("waiting", "failed"))],
            ["channel_id"],
            ["__count"],
        )
        by_channel = dict(counts)
        for channel in self:
            channel.unreplied_count = by_channel.get(channel, 0)

    def action_view_replies(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_his_connector.med_his_reply_action"
        )
        action["context"] = {"search_default_channel_id": self.id}
        return action

    def _in_its_words(self):
        """In the language of those who read what stands in the way."""
        return self.with_context(lang=self.company_id.partner_id.lang)

    def _reply_client(self):
        """For replies on a connection of their own, as safe as their sender's."""
        self.ensure_one()
        tls = pins = None
        if not self.plaintext:
            own = self._tls()
            if not own:
                raise LineDown("there is no certificate to connect with")
            tls, pins = client_context(own), own.pins
        address = self.reply_host or "", self.reply_port or 0
        return MllpClient(*address, self.answer_seconds, tls, pins)

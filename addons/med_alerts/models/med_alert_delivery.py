import logging
from collections import defaultdict
from datetime import timedelta
from uuid import uuid4

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.tools import SQL

from ..core.outcome import Outcome, pause

_logger = logging.getLogger(__name__)
#: How many rows one look at the outbox takes.
BATCH = 500
#: More messages than these to one receiver at once leave as one.
HANDFUL = 5


class MedAlertDelivery(models.Model):
    """The outbox: one message to one person, group or system.

        waiting ──> sent
           ├──────> cancelled   the alert ended before it was sent
           └──────> dead        refused, or failed too often: a person looks at it

    A row is locked while it is being sent and marked in the same transaction. A
    process that dies lets go of it and the message is sent again: a receiver may get
    the one message that was on its way twice, under the same ``uuid``, and never
    misses one.
    """

    _name = "med.alert.delivery"
    _description = "Alert Delivery"
    _order = "id desc"
    _rec_name = "subject"

    uuid = fields.Char(
        string="Message Id",
        required=True,
        readonly=True,
        default=lambda s: f"{uuid4()}",
    )
    alert_id = fields.Many2one(
        "med.alert", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company",
        readonly=True,
        required=True,
        default=lambda self: self.env.company,
    )
    channel_id = fields.Many2one(
        "med.alert.channel",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    kind = fields.Selection(related="channel_id.kind")
    user_id = fields.Many2one(
        "res.users", string="To", readonly=True, index="btree_not_null"
    )
    event = fields.Selection(
        [("call", "Act"), ("end", "Has Ended"), ("test", "Test")],
        required=True,
        readonly=True,
        default="call",
    )
    in_digest = fields.Boolean(
        readonly=True, help="Sent with the others of this receiver in one message."
    )
    address = fields.Char(readonly=True, help="The number or address it was sent to.")
    subject = fields.Char(compute="_compute_subject")
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("sent", "Sent"),
            ("cancelled", "Cancelled"),
            ("dead", "Not Delivered"),
        ],
        required=True,
        readonly=True,
        default="waiting",
        index=True,
    )
    attempts = fields.Integer(readonly=True)
    next_try = fields.Datetime(
        readonly=True, required=True, default=fields.Datetime.now
    )
    sent_at = fields.Datetime(readonly=True)
    last_error = fields.Text(readonly=True)

    _one_waiting = models.UniqueIndex(
        "(alert_id, channel_id, COALESCE(user_id, 0), event) WHERE state = 'waiting'",
        "This message is waiting already.",
    )
    _due = models.Index("(next_try) WHERE state = 'waiting'")

    @api.depends("alert_id", "event", "channel_id")
    @api.depends_context("lang")
    def _compute_subject(self):
        for delivery in self:
            delivery.subject = delivery._subject()

    def action_retry(self):
        """Send again what was not delivered; the count of attempts begins anew."""
        self.check_access("write")
        again = self.filtered(lambda delivery: delivery.state in ("dead", "waiting"))
        # The outbox is the engine's; a retry moves it by this action only.
        again.sudo().write(
            {"state": "waiting", "attempts": 0, "next_try": fields.Datetime.now()}
        )
        self.env.ref("med_alerts.ir_cron_deliver").sudo()._trigger()

    def action_cancel(self):
        """Give up a message that waits or was not delivered."""
        self.check_access("write")
        given_up = self.filtered(lambda delivery: delivery.state in ("dead", "waiting"))
        given_up.sudo().write({"state": "cancelled"})

    def action_open_alert(self):
        self.ensure_one()
        return self.alert_id.get_formview_action()

    # --- Putting in --------------------------------------------------------------

    @api.model
    def _queue(self, alerts, event="call"):
        """Put a message of each alert into the outbox, one for each receiver.

        A message of the same kind that still waits is not put in twice: what is sent
        is worded when it leaves, with the figures of that moment.
        """
        now = fields.Datetime.now()
        rows = [
            {
                "alert_id": alert.id,
                "company_id": alert.company_id.id,
                "channel_id": channel.id,
                "user_id": person.id,
                "event": event,
                **self._when(alert, person, now),
            }
            for alert in alerts
            for channel, person in alert._delivery_receivers(event)
        ]
        waiting = self.search(
            [("alert_id", "in", alerts.ids), ("state", "=", "waiting")]
        )
        known = {row._twin_key() for row in waiting}
        fresh = [
            row
            for row in rows
            if (row["alert_id"], row["channel_id"], row["user_id"], event) not in known
        ]
        if fresh:
            self._bundle(fresh)
            deliveries = self.create(fresh)
            first = min(deliveries.mapped("next_try"))
            self.env.ref("med_alerts.ir_cron_deliver")._trigger(first)

    @api.model
    def _bundle(self, rows):
        """A bad night is one message to each receiver, not two hundred.

        A system gets each of them: it sorts its own list.
        """
        channels = self.env["med.alert.channel"].browse(
            {row["channel_id"] for row in rows}
        )
        systems = set(channels.filtered(lambda each: each.kind == "webhook").ids)
        together = defaultdict(list)
        for row in rows:
            if row["channel_id"] not in systems:
                key = row["channel_id"], row["user_id"], row["next_try"]
                together[key].append(row)
        for same in together.values():
            if len(same) > HANDFUL:
                for row in same:
                    row["in_digest"] = True

    def _twin_key(self):
        self.ensure_one()
        return (self.alert_id.id, self.channel_id.id, self.user_id.id, self.event)

    @api.model
    def _when(self, alert, person, now):
        """When a message to ``person`` (none: a group) leaves, and in which form.

        What is critical always leaves at once; the rest waits for the digest of a
        person who wants one.
        """
        digest = person._med_next_digest(now) if alert.severity != "critical" else None
        return {"in_digest": bool(digest), "next_try": digest or now}

    # --- Taking out ---------------------------------------------------------------

    @api.model
    def _cron_deliver(self):
        """Send what is due; each message, or digest, in a transaction of its own."""
        cron = self.env["ir.cron"]
        due = self.search(
            [("state", "=", "waiting"), ("next_try", "<=", fields.Datetime.now())],
            order="next_try, id",
            limit=BATCH,
        )
        cron._commit_progress(remaining=len(due))
        for parcel in due._parcels():
            try:
                parcel = parcel._take()
            except OperationalError:
                # Another process has sent it since this one began to look.
                self.env.cr.rollback()
                continue
            if parcel:
                parcel._send_or_set_aside()
            if not cron._commit_progress(max(len(parcel), 1)):
                break
        self._trigger_next()

    @api.model
    def _trigger_next(self):
        """Wake up when the next message is due."""
        following = self.search(
            [("state", "=", "waiting")], order="next_try, id", limit=1
        )
        if following:
            self.env.ref("med_alerts.ir_cron_deliver")._trigger(following.next_try)

    def _send_or_set_aside(self):
        """Send; a defect of one message does not hold up those behind it."""
        try:
            with self.env.cr.savepoint():
                self._send()
        except Exception as error:  # whatever it is, the others must leave
            _logger.exception("alert delivery %s could not be sent", self.ids)
            self._settle(Outcome("again", type(error).__name__), False)

    def _parcels(self):
        """What leaves together: each message by itself, digests by receiver."""
        digests = self.filtered("in_digest")
        parcels = list(self - digests)
        receivers = digests.grouped(lambda row: (row.channel_id, row.user_id))
        parcels += [self._whole_digest(*receiver) for receiver in receivers]
        return parcels

    @api.model
    def _whole_digest(self, channel, person):
        """All that is due for this receiver, also beyond the batch at hand."""
        return self.search(
            [
                ("state", "=", "waiting"),
                ("in_digest", "=", True),
                ("next_try", "<=", fields.Datetime.now()),
                ("channel_id", "=", channel.id),
                ("user_id", "=", person.id),
            ]
        )

    def _take(self):
        """Those of these rows that wait and that nobody else is sending."""
        query = SQL(
            "SELECT id FROM med_alert_delivery"
            " WHERE id = ANY(%s) AND state = 'waiting' FOR UPDATE SKIP LOCKED",
            self.ids,
        )
        taken = self.browse([row[0] for row in self.env.execute_query(query)])
        taken.invalidate_recordset()
        return taken

    def _send(self):
        """Send these rows, of one channel and one receiver, as one message."""
        stale = self.filtered(lambda row: row.event == "call" and row._is_over())
        stale.write({"state": "cancelled"})
        rows = self - stale
        if not rows:
            return
        channel = rows.channel_id
        if not channel.active:
            rows.write({"state": "cancelled"})
            return
        outcome, address = getattr(rows, f"_send_{channel.kind}")()
        rows._settle(outcome, address)

    def _is_over(self):
        self.ensure_one()
        alert = self.alert_id
        return alert.state in ("resolved", "in_work") or bool(alert.head_id)

    def _settle(self, outcome, address):
        """Say what became of these rows, which were sent as one message."""
        now = fields.Datetime.now()
        for before, rows in self.grouped("attempts").items():
            attempts = before + 1
            values = {"attempts": attempts, "address": address}
            most = rows.channel_id[:1].max_attempts
            if outcome.state == "sent":
                values |= {"state": "sent", "sent_at": now, "last_error": False}
            elif outcome.state == "never" or attempts >= most:
                values |= {"state": "dead", "last_error": outcome.reason}
            else:
                wait = timedelta(seconds=pause(attempts, (rows[0].id % 100) / 100))
                values |= {"next_try": now + wait, "last_error": outcome.reason}
            rows.write(values)

    @api.autovacuum
    def _gc_delivered(self):
        """What was sent or cancelled is kept for ninety days."""
        limit = fields.Datetime.now() - timedelta(days=90)
        old = self.search(
            [("state", "in", ("sent", "cancelled")), ("create_date", "<", limit)],
            limit=10_000,
        )
        count = len(old)
        old.unlink()
        return count, count == 10_000

    @api.model
    def _failed(self, reason, later=True):
        return Outcome("again" if later else "never", reason), False

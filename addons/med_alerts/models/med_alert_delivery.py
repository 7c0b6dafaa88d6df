from collections import defaultdict
from datetime import timedelta
from uuid import uuid4

from odoo import api, fields, models

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
        """Send again what was not delivered; the count of attempts begins anew.

        Where a newer message about the same waits already, that one is enough.
        """
        self.check_access("write")
        # The outbox is the engine's; a retry moves it by this action only.
        rows = self.sudo()
        again = rows.filtered(lambda delivery: delivery.state == "waiting")
        dead = rows.filtered(lambda delivery: delivery.state == "dead")
        taken = set(rows._waiting_twins(dead.alert_id))
        for delivery in dead.sorted("id", reverse=True):
            key = delivery._twin_key()
            if delivery.alert_id and key in taken:
                delivery.state = "cancelled"
                continue
            taken.add(key)
            again |= delivery
        again.write(
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

    @api.model
    def _queue(self, alerts, event="call"):
        """Put a message of each alert into the outbox, one for each receiver.

        A message of the same kind that still waits is not put in twice: what is sent
        is worded when it leaves, with the figures of that moment. It leaves sooner
        where this one would: what has got worse does not wait for the digest.
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
        twins = self._waiting_twins(alerts)
        fresh, deliveries = [], self.browse()
        for row in rows:
            key = row["alert_id"], row["channel_id"], row["user_id"], event
            twin = twins.get(key)
            if twin is None:
                fresh.append(row)
            elif row["next_try"] < twin.next_try:
                moved = {"next_try": row["next_try"], "in_digest": row["in_digest"]}
                twin.write({**moved, "attempts": 0})
                deliveries |= twin
        self._bundle(fresh)
        deliveries |= self.create(fresh)
        if deliveries:
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

    @api.model
    def _waiting_twins(self, alerts):
        """Which messages about ``alerts`` wait, one of each: ``{its key: row}``."""
        waiting = self.search(
            [("alert_id", "in", alerts.ids), ("state", "=", "waiting")]
        )
        return {row._twin_key(): row for row in waiting}

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

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

#: A gateway that has said nothing for so long is not there.
SIGN_OF_LIFE = timedelta(minutes=2)
#: Minutes that the oldest message may wait before the card warns, and alarms.
SLOW, STUCK = 10, 60


class MedHisChannel(models.Model):
    """What an operator sees of a channel at a glance; every figure opens its list.

    The colour of a card is the worst of what stands on it:

        red     nothing moves, or messages are lost unless somebody acts: the gateway
                is silent, messages wait for an hour, dead letters, quarantine
        amber   somebody has work: exceptions to mend, messages wait for ten minutes
        green   all is well
        grey    nothing has ever come or gone: the channel is being set up
    """

    _inherit = "med.his.channel"

    hour_count = fields.Integer(
        string="Last Hour",
        compute="_compute_flow",
        help="Messages received, or acknowledged where the channel sends.",
    )
    day_count = fields.Integer(string="Last 24 Hours", compute="_compute_flow")
    queue_count = fields.Integer(
        string="In the Queue",
        compute="_compute_flow",
        help="Not worked on, or not sent yet.",
    )
    lag_minutes = fields.Integer(
        string="Lag (minutes)",
        compute="_compute_flow",
        help="For how long the oldest of them waits that waits for nothing but us.",
    )
    to_mend_count = fields.Integer(string="To Mend", compute="_compute_open_by_state")
    dead_letter_count = fields.Integer(
        string="Dead Letters", compute="_compute_open_by_state"
    )
    quarantined_count = fields.Integer(
        string="Quarantined", compute="_compute_open_by_state"
    )
    parked_count = fields.Integer(
        string="Waiting for a Charge", compute="_compute_open_by_state"
    )
    last_at = fields.Datetime(string="Last", compute="_compute_flow")
    gateway_seen_at = fields.Datetime(
        string="Gateway's Sign of Life", compute="_compute_gateway"
    )
    gateway_state = fields.Selection(
        [
            ("alive", "Gateway listens"),
            ("silent", "Gateway is silent"),
            ("none", "No gateway has served it yet"),
        ],
        compute="_compute_gateway",
    )
    health = fields.Selection(
        [("bad", "Act now"), ("warn", "Work to do"), ("good", "Well"), ("off", "New")],
        compute="_compute_health",
    )
    health_text = fields.Char(compute="_compute_health")

    def _compute_flow(self):
        """One look into the indexes for each channel; never through all messages."""
        now = fields.Datetime.now()
        outbound = self.filtered(lambda each: each.direction == "out")
        found = {
            **(self - outbound)._inbound_flow(now),
            **outbound._outbound_flow(now),
        }
        for channel in self:
            hour, day, queue, oldest, last = found.get(
                channel.id, (0, 0, 0, None, None)
            )
            channel.hour_count, channel.day_count = hour, day
            channel.queue_count, channel.last_at = queue, last
            channel.lag_minutes = oldest and (now - oldest).total_seconds() // 60

    def _inbound_flow(self, now):
        return self._flow(
            "med.his.message",
            SQL(
                "SELECT count(*) FILTER (WHERE received_at > %(hour)s) AS hours,"
                " count(*) AS days FROM med_his_message"
                " WHERE channel_id = channel.id AND received_at > %(day)s",
                hour=now - timedelta(hours=1),
                day=now - timedelta(days=1),
            ),
            SQL(
                "SELECT count(*) AS number, min(received_at)"
                " FILTER (WHERE blocked_by_id IS NULL) AS oldest FROM med_his_message"
                " WHERE channel_id = channel.id AND state = 'received'"
            ),
            SQL(
                "SELECT max(received_at) AS at FROM med_his_message"
                " WHERE channel_id = channel.id"
            ),
        )

    def _outbound_flow(self, now):
        return self._flow(
            "med.his.outbound",
            SQL(
                "SELECT count(*) FILTER (WHERE sent_at > %(hour)s) AS hours,"
                " count(*) AS days FROM med_his_outbound"
                " WHERE channel_id = channel.id AND state = 'sent'"
                " AND sent_at > %(day)s",
                hour=now - timedelta(hours=1),
                day=now - timedelta(days=1),
            ),
            SQL(
                "SELECT count(*) AS number, min(create_date) AS oldest"
                " FROM med_his_outbound"
                " WHERE channel_id = channel.id AND state = 'waiting'"
            ),
            SQL(
                "SELECT max(sent_at) AS at FROM med_his_outbound"
                " WHERE channel_id = channel.id"
            ),
        )

    def _flow(self, model, flow, queue, last):
        """``{channel id: (last hour, last day, in the queue, oldest, last)}``."""
        if not self.ids:
            return {}
        self.env[model].flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT channel.id, flow.hours, flow.days, queue.number, queue.oldest,"
                " latest.at FROM med_his_channel AS channel"
                " CROSS JOIN LATERAL (%(flow)s) flow"
                " CROSS JOIN LATERAL (%(queue)s) queue"
                " CROSS JOIN LATERAL (%(last)s) latest"
                " WHERE channel.id = ANY(%(ids)s)",
                flow=flow,
                queue=queue,
                last=last,
                ids=self.ids,
            )
        )
        return {id_: figures for id_, *figures in rows}

    def _compute_open_by_state(self):
        counts = {
            (channel.id, state): count
            for channel, state, count in self.env["med.his.message"]._read_group(
                [
                    ("channel_id", "in", self.ids),
                    ("state", "in", ("exception", "dead", "quarantined", "parked")),
                ],
                ["channel_id", "state"],
                ["__count"],
            )
        }
        undelivered = dict(
            self.env["med.his.outbound"]._read_group(
                [("channel_id", "in", self.ids), ("state", "=", "dead")],
                ["channel_id"],
                ["__count"],
            )
        )
        for channel in self:
            channel.to_mend_count = counts.get((channel.id, "exception"), 0)
            channel.dead_letter_count = counts.get(
                (channel.id, "dead"), 0
            ) + undelivered.get(channel, 0)
            channel.quarantined_count = counts.get((channel.id, "quarantined"), 0)
            channel.parked_count = counts.get((channel.id, "parked"), 0)

    @api.depends("code", "transport")
    def _compute_gateway(self):
        # Signs of life bear no company; a channel's code is its own.
        seen = dict(
            self.env["med.his.node"]
            .sudo()
            ._read_group(
                [("channel_code", "in", self.mapped("code"))],
                ["channel_code"],
                ["seen_at:max"],
            )
        )
        soon = fields.Datetime.now() - SIGN_OF_LIFE
        for channel in self:
            at = channel.transport == "mllp" and seen.get(channel.code)
            channel.gateway_seen_at = at
            if channel.transport != "mllp":
                channel.gateway_state = False
            elif not at:
                channel.gateway_state = "none"
            else:
                channel.gateway_state = "alive" if at > soon else "silent"

    @api.depends_context("lang")
    @api.depends(
        "dead_letter_count", "gateway_state", "lag_minutes", "last_at", "to_mend_count"
    )
    def _compute_health(self):
        for channel in self:
            channel.health, channel.health_text = channel._health()

    def _health(self):
        """``(health, why)``: the worst thing first."""
        self.ensure_one()
        lag = self.lag_minutes
        table = [
            (
                self.gateway_state == "silent",
                "bad",
                self.env._("The gateway is silent"),
            ),
            (lag >= STUCK, "bad", self.env._("Messages do not move on")),
            (self.dead_letter_count, "bad", self.env._("Dead letters")),
            (self.quarantined_count, "bad", self.env._("Messages in quarantine")),
            (self.to_mend_count, "warn", self.env._("Exceptions to mend")),
            (lag >= SLOW, "warn", self.env._("Messages wait")),
            (not self.last_at, "off", self.env._("Nothing has come or gone yet")),
        ]
        return next(
            ((health, why) for holds, health, why in table if holds),
            ("good", self.env._("All is well")),
        )

    # ---- Each figure opens the list that it counts ----------------------------------

    def action_view_hour(self):
        return self._action_flow(timedelta(hours=1))

    def action_view_day(self):
        return self._action_flow(timedelta(days=1))

    def action_view_queue(self):
        return self._action_of("received", "waiting")

    def action_view_to_mend(self):
        return self._action_of("exception", None)

    def action_view_dead_letters(self):
        return self._action_of("dead", "dead")

    def action_view_quarantined(self):
        return self._action_of("quarantined", None)

    def action_view_parked(self):
        return self._action_of("parked", None)

    def action_view_gateway(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_his_connector.med_his_node_action"
        )
        return {**action, "domain": [("channel_code", "=", self.code)], "context": {}}

    def action_configure(self):
        """The channel's form."""
        self.ensure_one()
        return self._get_records_action()

    def _action_flow(self, span):
        since = fields.Datetime.to_string(fields.Datetime.now() - span)
        if self.direction == "out":
            return self._action_list([("state", "=", "sent"), ("sent_at", ">", since)])
        return self._action_list([("received_at", ">", since)])

    def _action_of(self, inbound, outbound):
        state = outbound if self.direction == "out" else inbound
        return self._action_list([("state", "=", state)])

    def _action_list(self, domain):
        self.ensure_one()
        out = self.direction == "out"
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_his_connector.med_his_outbound_action"
            if out
            else "med_his_connector.med_his_message_action"
        )
        domain = [("channel_id", "=", self.id), *domain]
        return {**action, "domain": domain, "context": {}}

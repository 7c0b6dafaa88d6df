from odoo import api, fields, models
from odoo.addons.med_alerts.core.kind import MORE, Kind, Measure
from odoo.fields import Domain
from odoo.tools import SQL

from .med_his_channel_kind import OUTBOUND

INTERFACE_KINDS = [
    ("interface_silent", "Interface silent"),
    ("interface_lag", "Interface lags behind"),
    ("dead_letters", "Messages that nobody mends"),
]


class MedAlertRule(models.Model):
    """Kinds about connections: nothing comes, nothing moves on, nobody mends. Where we
    send, it is the receiver that is silent, and what is to be sent that waits.

    Their subject is a channel. They are looked at by ``_cron_watch`` every few
    minutes, since silence makes no event.
    """

    _inherit = "med.alert.rule"

    kind = fields.Selection(
        selection_add=INTERFACE_KINDS,
        ondelete={name: "cascade" for name, _label in INTERFACE_KINDS},
    )

    @api.model
    def _kinds(self):
        return {
            **super()._kinds(),
            "interface_silent": Kind("paper", worse=MORE, unit="hours"),
            "interface_lag": Kind("paper", worse=MORE, unit="hours"),
            "dead_letters": Kind("paper", worse=MORE, unit="count"),
        }

    @api.model
    def _trace_subjects(self):
        channel = ("med.his.channel", "id")
        kinds = ("interface_silent", "interface_lag", "dead_letters")
        return {
            **super()._trace_subjects(),
            "med.his.channel": dict.fromkeys(kinds, channel),
        }

    def _measure_interface_silent(self, look):
        """Hours since the last message of a channel that is expected to speak, or since
        a receiver that had something to take has not answered.

        A channel that has never received anything is being set up: it is not silent.
        """
        yield from self._measure_channels(
            look,
            SQL(
                """
                SELECT max(m.received_at) AS moment, NULL::bigint AS number
                  FROM med_his_message m WHERE m.channel_id = c.id
                HAVING max(m.received_at) IS NOT NULL
             UNION ALL
                SELECT c.down_since, NULL WHERE EXISTS (
                    SELECT 1 FROM med_his_outbound o
                     WHERE o.channel_id = c.id AND o.state = 'waiting')
                """
            ),
        )

    def _measure_interface_lag(self, look):
        """Hours that the oldest message waits which waits for nothing but us, or for
        its receiver."""
        yield from self._measure_channels(
            look,
            SQL(
                """
                SELECT min(w.moment) AS moment, count(*) AS number FROM (
                    SELECT m.received_at AS moment FROM med_his_message m
                     WHERE m.channel_id = c.id
                       AND m.state = 'received' AND m.blocked_by_id IS NULL
                 UNION ALL
                    SELECT o.create_date FROM med_his_outbound o
                     WHERE o.channel_id = c.id AND o.state = 'waiting'
                       AND NOT EXISTS (
                           SELECT 1 FROM med_his_outbound e
                            WHERE e.channel_id = o.channel_id
                              AND e.order_key = o.order_key AND e.id < o.id
                              AND e.state = 'dead')
                 UNION ALL
                    SELECT r.create_date FROM med_his_reply r
                     WHERE r.channel_id = c.id AND r.state = 'waiting'
                ) w
                """
            ),
        )

    def _measure_dead_letters(self, look):
        """Messages that wait for a person."""
        yield from self._measure_channels(
            look,
            SQL(
                """
                SELECT min(w.moment) AS moment, count(*) AS number FROM (
                    SELECT m.received_at AS moment FROM med_his_message m
                     WHERE m.channel_id = c.id
                       AND m.state IN ('exception', 'dead', 'quarantined')
                 UNION ALL
                    SELECT o.create_date FROM med_his_outbound o
                     WHERE o.channel_id = c.id AND o.state = 'dead'
                 UNION ALL
                    SELECT r.create_date FROM med_his_reply r
                     WHERE r.channel_id = c.id AND r.state = 'failed'
                ) w
                """
            ),
            by_number=True,
        )

    def _measure_channels(self, look, figures, by_number=False):
        if look.pairs is not None:
            return  # stock does not move a channel
        now = fields.Datetime.now()
        for name in ("channel", "message", "outbound", "reply"):
            self.env[f"med.his.{name}"].flush_model()
        some = SQL("TRUE")
        if look.records is not None:
            some = SQL("c.id = ANY(%s)", list(look.records))
        rows = self._fetch(
            SQL(
                "SELECT c.id, c.company_id, c.owner_id, c.transport,"
                "       f.moment, f.number"
                "  FROM med_his_channel c CROSS JOIN LATERAL (%s) f"
                " WHERE c.active AND %s AND %s AND f.moment IS NOT NULL",
                figures,
                some,
                self._company_sql(SQL("c.company_id")),
            )
        )
        names = self._channel_names(row["id"] for row in rows)
        for row in rows:
            hours = (now - row["moment"]).total_seconds() / 3600
            yield Measure(
                key=f"channel {row['id']}",
                measured=float(row["number"]) if by_number else round(hours, 2),
                values={
                    "subject_model": "med.his.channel",
                    "subject_id": row["id"],
                    "subject_name": names[row["id"]],
                    "company_id": row["company_id"],
                },
                inputs={
                    "moment": fields.Datetime.to_string(row["moment"]),
                    "number": row["number"] or 0,
                    "hours": round(hours, 1),
                    "named_id": row["owner_id"],
                    "sends": row["transport"] in OUTBOUND,
                },
            )

    def _channel_names(self, ids):
        """``{channel id: name}`` in the language of its company: an alert keeps it."""
        return {
            channel.id: channel.with_context(
                lang=channel.company_id.partner_id.lang
            ).name
            for channel in self.env["med.his.channel"].browse(ids)
        }

    def _explain_interface_silent(self, alert):
        if (alert.inputs or {}).get("sends"):
            return self.env._(
                "The receiver of %(channel)s has not answered since %(moment)s, for "
                "%(hours)s hours. What is to be sent waits, and nothing is lost. Look "
                "whether the other system runs, and whether the line does.",
                **self._interface_words(alert),
            )
        return self.env._(
            "%(channel)s has sent nothing since %(moment)s, for %(hours)s hours. Look "
            "whether the other system runs, and whether the gateway does.",
            **self._interface_words(alert),
        )

    def _explain_interface_lag(self, alert):
        if (alert.inputs or {}).get("sends"):
            return self.env._(
                "%(number)s messages of %(channel)s wait to be sent, the oldest since "
                "%(moment)s, for %(hours)s hours. The channel says what is in the way.",
                **self._interface_words(alert),
            )
        return self.env._(
            "%(number)s messages of %(channel)s wait to be processed, or replies to "
            "them to be sent, the oldest since %(moment)s, for %(hours)s hours. Look "
            "whether the scheduled actions run, and whether the channel says that "
            "its replies cannot be sent.",
            **self._interface_words(alert),
        )

    def _explain_dead_letters(self, alert):
        if (alert.inputs or {}).get("sends"):
            return self.env._(
                "%(number)s messages of %(channel)s were not delivered, the oldest "
                "since %(moment)s. Under Sent Messages, send them again or give them "
                "up.",
                **self._interface_words(alert),
            )
        return self.env._(
            "%(number)s messages of %(channel)s, or replies to them, wait for a "
            "person, the oldest since %(moment)s. Their causes are on the exceptions "
            "desk, and replies that were not taken under Replies.",
            **self._interface_words(alert),
        )

    def _interface_words(self, alert):
        inputs = alert.inputs or {}
        moment = fields.Datetime.to_datetime(inputs.get("moment"))
        return {
            "channel": alert.subject_name,
            "number": inputs.get("number", 0),
            "hours": inputs.get("hours", 0),
            "moment": moment
            and fields.Datetime.context_timestamp(self, moment).strftime(
                "%Y-%m-%d %H:%M"
            ),
        }


class MedHisChannel(models.Model):
    _inherit = "med.his.channel"

    owner_id = fields.Many2one(
        "res.users",
        string="Looked After By",
        tracking=True,
        domain="[('share', '=', False)]",
        help="Gets the alerts about this channel.",
    )

    @api.model
    def _cron_watch(self):
        """Every few minutes: have the interface kinds looked at."""
        kinds = [name for name, _label in INTERFACE_KINDS]
        channels = self.search(Domain.TRUE)
        for kind in kinds:
            self.env["med.alert.touch"]._touch_records(kind, channels.ids)

from odoo import fields, models
from odoo.tools import SQL

from ..models.med_his_control_total import SENT

#: How far back days are shown.
DAYS = 92


class MedHisBalance(models.Model):
    """One row per channel and day (by the channel's clock): where every message is.

        received = processed + ignored + exception + dead + quarantined + parked
                   + waiting
        lines read = lines in the ledger

    What the other system tells is compared with what it counts as sent (``SENT``): less
    than was received where batches have envelopes.

    Lines read are those that report use, each the first time that it was reported: what
    else a message brings (cases, visits, items) is no line of the ledger.

    Both differences are shown and must be zero: a message in a state that nobody
    counts, or a line that was read and is not in the ledger, would stand out. A row
    bears the number ``channel * 100000 + days since 2000``.
    """

    _name = "med.his.balance"
    _description = "Daily Reconciliation"
    _auto = False
    _rec_name = "day"
    _order = "day desc, channel_id"
    _depends = {
        "med.his.message": [
            "channel_id",
            "company_id",
            "error_code",
            "line_count",
            "message_key",
            "message_type",
            "received_at",
            "repeated_count",
            "state",
        ],
        "med.his.channel": ["transport", "tz"],
        "med.consumption": ["his_message_id"],
        "med.his.control.total": ["channel_id", "day", "messages", "lines"],
    }

    channel_id = fields.Many2one("med.his.channel", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    day = fields.Date(readonly=True)
    received = fields.Integer(readonly=True)
    processed = fields.Integer(readonly=True)
    ignored = fields.Integer(readonly=True)
    exception = fields.Integer(string="Exceptions", readonly=True)
    dead = fields.Integer(string="Dead Letters", readonly=True)
    quarantined = fields.Integer(readonly=True)
    parked = fields.Integer(readonly=True, help="Returns that wait for their charge.")
    waiting = fields.Integer(readonly=True)
    difference = fields.Integer(
        readonly=True,
        help="Received less all others: zero, or messages are nowhere.",
    )
    lines_read = fields.Integer(string="Lines", readonly=True, help="Lines read.")
    lines_recorded = fields.Integer(
        string="Recorded", readonly=True, help="Lines in the ledger."
    )
    lines_difference = fields.Integer(
        string="Missing",
        readonly=True,
        help="Lines read less lines in the ledger: zero, or lines are missing.",
    )
    told_messages = fields.Integer(
        string="Told",
        readonly=True,
        help="What the other system says that it has sent, where its control totals "
        "were entered.",
    )
    told_difference = fields.Integer(
        string="Not Arrived",
        readonly=True,
        help="Zero, or messages are missing. Envelopes of batches and stray bytes are "
        "received, and are no messages that anybody tells of.",
    )
    is_balanced = fields.Boolean(string="Balanced", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            WITH per_day AS (
                SELECT channel.id AS channel_id,
                       (message.received_at AT TIME ZONE 'UTC'
                        AT TIME ZONE channel.tz)::date AS day,
                       count(*) AS received,
                       count(*) FILTER (WHERE %s) AS sent,
                       count(*) FILTER (WHERE state = 'processed') AS processed,
                       count(*) FILTER (WHERE state = 'ignored') AS ignored,
                       count(*) FILTER (WHERE state = 'exception') AS exception,
                       count(*) FILTER (WHERE state = 'dead') AS dead,
                       count(*) FILTER (WHERE state = 'quarantined') AS quarantined,
                       count(*) FILTER (WHERE state = 'parked') AS parked,
                       count(*) FILTER (WHERE state = 'received') AS waiting,
                       sum(GREATEST(message.line_count - message.repeated_count, 0))
                           FILTER (WHERE state = 'processed')
                           AS lines_read,
                       sum(recorded.lines) AS lines_recorded
                  FROM med_his_channel channel
                  JOIN med_his_message message ON message.channel_id = channel.id
                   AND message.received_at >= (now() AT TIME ZONE 'UTC')::date - %s
                  LEFT JOIN LATERAL (
                       SELECT count(*) AS lines FROM med_consumption line
                        WHERE line.his_message_id = message.id
                       ) recorded ON message.state = 'processed'
                 GROUP BY 1, 2
            ), told AS (
                SELECT channel_id, day, sum(messages) AS messages
                  FROM med_his_control_total
                 WHERE messages > 0 AND day >= (now() AT TIME ZONE 'UTC')::date - %s
                 GROUP BY 1, 2
            ), day AS (
                -- A day of which something is told and nothing arrived is the worst.
                SELECT channel.company_id, channel_id, day,
                       COALESCE(received, 0) AS received,
                       COALESCE(sent, 0) AS sent,
                       COALESCE(processed, 0) AS processed,
                       COALESCE(ignored, 0) AS ignored,
                       COALESCE(exception, 0) AS exception,
                       COALESCE(dead, 0) AS dead,
                       COALESCE(quarantined, 0) AS quarantined,
                       COALESCE(parked, 0) AS parked,
                       COALESCE(waiting, 0) AS waiting,
                       COALESCE(lines_read, 0) AS lines_read,
                       COALESCE(lines_recorded, 0) AS lines_recorded,
                       told.messages AS told
                  FROM per_day FULL JOIN told USING (channel_id, day)
                  JOIN med_his_channel channel ON channel.id = channel_id
            )
            SELECT day.channel_id * 100000 + (day.day - DATE '2000-01-01') AS id,
                   day.channel_id, day.company_id, day.day, day.received,
                   day.processed, day.ignored, day.exception, day.dead,
                   day.quarantined, day.parked, day.waiting,
                   day.lines_read::integer AS lines_read,
                   day.lines_recorded::integer AS lines_recorded,
                   sums.difference, sums.lines_difference,
                   day.told AS told_messages,
                   day.told - day.sent AS told_difference,
                   sums.difference = 0 AND sums.lines_difference = 0
                       AND COALESCE(day.told, day.sent) = day.sent
                       AS is_balanced
              FROM day
             CROSS JOIN LATERAL (
                   SELECT (day.received - day.processed - day.ignored - day.exception
                           - day.dead - day.quarantined - day.parked - day.waiting
                          )::integer AS difference,
                          (day.lines_read - day.lines_recorded)::integer
                              AS lines_difference
                   ) sums
            """,
            SENT,
            DAYS,
            DAYS,
        )

    def action_view_messages(self):
        """The messages of the channel on that day: as many as were received."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_his_connector.med_his_message_action"
        )
        start, end = self.channel_id._day_bounds(self.day)
        return {
            **action,
            "domain": [
                ("channel_id", "=", self.channel_id.id),
                ("received_at", ">=", start),
                ("received_at", "<", end),
            ],
            "context": {},
        }

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.tools import SQL

#: What a sender counts as sent, of ``message`` and ``channel``: not the envelope of a
#: batch, nor bytes outside of messages, nor what was refused while its sender listened
#: (it was told, and sends it again). Nobody listens to what is read of a file or view.
SENT = SQL(
    "(message.message_type IS NULL OR message.message_type NOT IN ('FHS', 'BHS'))"
    " AND (message.error_code IS NULL"
    "      OR message.error_code NOT IN ('stray', 'unfinished'))"
    " AND (channel.transport IN ('folder', 'view')"
    "      OR split_part(message.message_key, ':', 1) != 'refused')"
)


#: Messages whose lines are still to come, or never will.
OPEN_STATES = ["received", "parked", "exception", "dead", "quarantined"]


class MedHisControlTotal(models.Model):
    """What another system says it has sent in a day, against what arrived.

    Entered by hand, or imported from its list with Odoo's own import. Messages are
    counted by the day of arrival, lines and quantities by the day of use, both by the
    channel's clock; quantities are net of returns, in the products' units. A line that
    was reported again is one line, with the quantity that it has now.
    """

    _name = "med.his.control.total"
    _description = "Control Total"
    _order = "day desc, channel_id"
    _rec_name = "day"

    channel_id = fields.Many2one(
        "med.his.channel", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    day = fields.Date(required=True, default=fields.Date.context_today)
    messages = fields.Integer(string="Messages Told", help="0: not told.")
    lines = fields.Integer(string="Lines Told", help="0: not told.")
    quantity = fields.Float(
        string="Quantity Told", digits="Product Unit", help="0: not told."
    )
    note = fields.Char()
    own_messages = fields.Integer(
        string="Messages Received", compute="_compute_own_figures"
    )
    own_lines = fields.Integer(string="Lines Recorded", compute="_compute_own_figures")
    own_quantity = fields.Float(
        string="Quantity Recorded",
        compute="_compute_own_figures",
        digits="Product Unit",
    )
    agrees = fields.Boolean(compute="_compute_own_figures")
    explanation = fields.Char(
        string="What Differs",
        compute="_compute_explanation",
        help="What is missing or too much, and what of the day still waits.",
    )

    _day_uniq = models.Constraint(
        "unique(channel_id, day)", "This channel has totals of this day already."
    )
    _not_negative = models.Constraint(
        "CHECK(messages >= 0 AND lines >= 0)", "A count is zero or more."
    )

    @api.model_create_multi
    def create(self, vals_list):
        totals = super().create(vals_list)
        totals._log_change("+")
        return totals

    def write(self, vals):
        result = super().write(vals)
        self._log_change("=")
        return result

    def unlink(self):
        self._log_change("-")
        return super().unlink()

    def _log_change(self, sign):
        """On the audit trail: against what a day is reconciled from now on."""

        def describe(one):
            told = f"{one.messages} messages, {one.lines} lines, {one.quantity:g}"
            return f"{sign} {one.day}: {told}"

        self.env["med.his.event"]._log_records("total", self, describe)

    @api.depends("channel_id", "day", "messages", "lines", "quantity")
    def _compute_own_figures(self):
        messages, lines = self._count_messages(), self._count_lines()
        for total in self:
            key = total.channel_id.id, total.day
            total.own_messages = messages.get(key, 0)
            total.own_lines, total.own_quantity = lines.get(key, (0, 0.0))
            total.agrees = (
                (not total.messages or total.messages == total.own_messages)
                and (not total.lines or total.lines == total.own_lines)
                and (
                    not total.quantity
                    or abs(total.quantity - total.own_quantity) < 0.005
                )
            )

    @api.depends("channel_id", "day", "messages", "lines", "quantity")
    @api.depends_context("lang")
    def _compute_explanation(self):
        open_messages = self._count_messages(OPEN_STATES)
        for total in self:
            if total.agrees:
                total.explanation = False
                continue
            waiting = open_messages.get((total.channel_id.id, total.day), 0)
            total.explanation = " · ".join(total._differences(waiting))

    def _differences(self, waiting):
        """In words: what is missing or too much, and why it may be."""
        self.ensure_one()
        for told, own, less, more in (
            (
                self.messages,
                self.own_messages,
                self.env._("%s messages have not arrived"),
                self.env._("%s messages more than told"),
            ),
            (
                self.lines,
                self.own_lines,
                self.env._("%s lines are not in the ledger"),
                self.env._("%s lines more than told"),
            ),
            (
                self.quantity,
                self.own_quantity,
                self.env._("%s pieces less than told"),
                self.env._("%s pieces more than told"),
            ),
        ):
            if told and abs(told - own) >= 0.005:
                yield (less if told > own else more) % f"{abs(told - own):g}"
        if waiting:
            yield self.env._(
                "%s messages of the day are not recorded yet: see its messages", waiting
            )

    def action_view_messages(self):
        """The messages of the channel on that day."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_his_connector.med_his_message_action"
        )
        start, end = self.channel_id._day_bounds(self.day)
        domain = [("channel_id", "=", self.channel_id.id)]
        domain += [("received_at", ">=", start), ("received_at", "<", end)]
        return {**action, "domain": domain, "context": {}}

    def _count_messages(self, states=None):
        """``{(channel id, day): messages received}``, or those in some states."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT channel.id, (message.received_at AT TIME ZONE 'UTC'
                                    AT TIME ZONE channel.tz)::date AS day, count(*)
                  FROM med_his_channel channel
                  JOIN med_his_message message ON message.channel_id = channel.id
                 WHERE %s AND channel.id = ANY(%s) AND %s
                   AND message.received_at >= %s AND message.received_at < %s
                 GROUP BY 1, 2
                """,
                SENT,
                self.channel_id.ids,
                SQL("message.state = ANY(%s)", states) if states else SQL("TRUE"),
                *self._span(),
            )
        )
        return {(channel, day): count for channel, day, count in rows}

    def _count_lines(self):
        """``{(channel id, day): (lines, net quantity)}`` by the day of use."""
        self.env["med.consumption"].flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT c.id, (l.event_time AT TIME ZONE 'UTC' AT TIME ZONE c.tz)::date"
                " AS day, count(*) FILTER (WHERE l.difference_of_id IS NULL),"
                " sum(CASE WHEN l.kind = 'return' THEN -l.quantity ELSE l.quantity END)"
                " FROM med_his_channel c JOIN med_consumption l"
                "   ON l.company_id = c.company_id AND l.source = 'his:' || c.code"
                " WHERE c.id = ANY(%s) AND l.event_time >= %s AND l.event_time < %s"
                " GROUP BY 1, 2",
                self.channel_id.ids,
                *self._span(),
            )
        )
        return {
            (channel, day): (count, float(quantity))
            for channel, day, count, quantity in rows
        }

    def _span(self):
        """From before the first to after the last of these days, in every time zone."""
        days = [day for day in self.mapped("day") if day] or [fields.Date.today()]
        return (
            datetime.combine(min(days) - timedelta(days=1), time()),
            datetime.combine(max(days) + timedelta(days=2), time()),
        )


class MedHisChannel(models.Model):
    _inherit = "med.his.channel"

    def _day_bounds(self, day):
        """Begin and end (UTC, without zone) of ``day`` by the channel's clock."""
        self.ensure_one()
        zone = ZoneInfo(self.tz)
        start = datetime.combine(day, time(), zone)
        end = datetime.combine(day + timedelta(days=1), time(), zone)
        utc = ZoneInfo("UTC")
        return tuple(
            moment.astimezone(utc).replace(tzinfo=None) for moment in (start, end)
        )

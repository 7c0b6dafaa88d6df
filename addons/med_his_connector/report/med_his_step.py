from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

#: Kinds of steps. Their number orders steps of one moment and makes ids unique.
KINDS = [
    ("received", "Received"),
    ("answered", "Answered"),
    ("tried", "First tried"),
    ("event", "By a person"),
    ("settled", "Outcome"),
    ("line", "Ledger line"),
    ("move", "Stock move"),
    ("alert", "Alert"),
]
#: What the form of a record shows beside it: without a right to that it cannot open.
SHOWN_WITH = {"stock.move": "stock.picking"}
#: An alert of the same item at the same place, opened so soon after the message, is
#: shown as one that followed it.
ALERT_WINDOW = "1 day"


class MedHisStep(models.Model):
    """One row is one step of a message: from the wire to the shelf, and to the alarm.

        received → answered → tried → outcome → ledger line → stock move → alert

    Whether an alert came of this very message nobody can know, for it looks at the
    whole shelf: shown are those of the same item and place that opened within a day.
    A row bears the number ``8 * id of what it shows + number of the kind``.
    """

    _name = "med.his.step"
    _description = "Step of a Message"
    _auto = False
    _rec_name = "kind"
    _order = "at, sequence, id"
    _depends = {
        "med.his.message": [
            "answer_code",
            "attempts",
            "error_code",
            "first_tried_at",
            "processed_at",
            "received_at",
            "state",
        ],
        "med.his.event": ["message_id", "event", "at"],
        "med.consumption": ["his_message_id", "state"],
        "med.consumption.allocation": ["consumption_id", "move_line_id"],
        "stock.move": ["state", "date"],
        "med.alert": ["opened_at", "product_id", "department_id", "location_id"],
    }

    message_id = fields.Many2one("med.his.message", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    at = fields.Datetime(string="When", readonly=True)
    kind = fields.Selection(KINDS, string="Step", readonly=True)
    sequence = fields.Integer(readonly=True)
    state = fields.Char(readonly=True)
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True)
    what = fields.Char(compute="_compute_what")
    can_open = fields.Boolean(compute="_compute_what")

    @property
    def _table_query(self):
        return SQL(" UNION ALL ").join((*self._own_steps(), *self._steps_of_others()))

    def _own_steps(self):
        """What stands on the message itself."""
        yield self._of_message("received", "message.received_at")
        yield self._of_message(
            "answered", "message.received_at", "message.answer_code <> ''"
        )
        yield self._of_message(
            "tried", "message.first_tried_at", "message.first_tried_at IS NOT NULL"
        )
        yield self._of_message(
            "settled",
            "COALESCE(message.processed_at, message.received_at)",
            "message.state <> 'received'",
        )

    def _steps_of_others(self):
        """What came of the message, and what was done with it by people."""
        yield self._of_others(
            "event",
            SQL(
                "JOIN med_his_event found ON found.message_id = message.id"
                " AND found.event IN ('read', 'replay', 'leave_out')"
            ),
            SQL("found.at"),
            "med.his.event",
            SQL("found.event"),
        )
        yield self._of_others(
            "line",
            SQL("JOIN med_consumption found ON found.his_message_id = message.id"),
            SQL("COALESCE(message.processed_at, message.received_at)"),
            "med.consumption",
            SQL("found.state"),
        )
        line = SQL("JOIN med_consumption line ON line.his_message_id = message.id")
        yield self._of_others(
            "move",
            SQL(
                "%s JOIN med_consumption_allocation part"
                " ON part.consumption_id = line.id"
                " JOIN stock_move_line detail ON detail.id = part.move_line_id"
                " JOIN stock_move found ON found.id = detail.move_id",
                line,
            ),
            SQL("COALESCE(line.posted_at, found.date)"),
            "stock.move",
            SQL("found.state"),
        )
        yield self._of_others(
            "alert",
            SQL(
                "%s JOIN med_department ward ON ward.id = line.department_id"
                " JOIN med_alert found ON found.product_id = line.product_id"
                " AND (found.department_id = ward.id"
                " OR found.location_id ="
                " COALESCE(line.location_id, ward.stock_location_id))"
                " AND found.opened_at >= message.received_at"
                " AND found.opened_at < message.received_at + %s::interval",
                line,
                ALERT_WINDOW,
            ),
            SQL("found.opened_at"),
            "med.alert",
            SQL("found.severity"),
        )

    def _of_message(self, kind, at, condition="TRUE"):
        number = [name for name, _label in KINDS].index(kind)
        return SQL(
            "SELECT message.id::bigint * 8 + %(number)s AS id,"
            " message.id AS message_id, message.company_id, %(at)s AS at,"
            " %(kind)s AS kind, %(number)s AS sequence, message.state,"
            " 'med.his.message' AS res_model, message.id AS res_id"
            " FROM med_his_message message WHERE %(condition)s",
            number=number,
            at=SQL(at),
            kind=kind,
            condition=SQL(condition),
        )

    def _of_others(self, kind, joins, at, model, state):
        """Records that came of a message, each once."""
        number = [name for name, _label in KINDS].index(kind)
        return SQL(
            "SELECT DISTINCT found.id::bigint * 8 + %(number)s,"
            " message.id, message.company_id, %(at)s, %(kind)s, %(number)s,"
            " %(state)s, %(model)s, found.id"
            " FROM med_his_message message %(joins)s",
            number=number,
            at=at,
            kind=kind,
            state=state,
            model=model,
            joins=joins,
        )

    @api.depends_context("lang", "uid")
    def _compute_what(self):
        for (kind, model), steps in self.grouped(
            lambda step: (step.kind, step.res_model)
        ).items():
            if model not in self.env:
                steps.write({"what": False, "can_open": False})
                continue
            shown = self.env[model].browse(steps.mapped("res_id"))
            may_open = shown.browse()
            if model != "med.his.message" and self._may_see_form(model):
                may_open = shown._filtered_access("read")
            # What a step is called is told to whoever may read its message, who need
            # not have a right to the stock move or the alert itself.
            for step, record in zip(steps, shown.sudo(), strict=True):
                step.what = self._words(kind, record)
                step.can_open = step.res_id in may_open.ids

    def _may_see_form(self, model):
        beside = SHOWN_WITH.get(model, model)
        return self.env[beside].has_access("read")

    def _words(self, kind, record):
        if kind == "received":
            return self.env._(
                "%(size)s bytes from %(peer)s over %(channel)s",
                size=record.size,
                peer=record.peer or self.env._("a job of ours"),
                channel=record.channel_id.name,
            )
        if kind == "answered":
            return record.answer_code
        if kind == "tried":
            return self.env._("%(number)s tries until now", number=record.attempts)
        if kind == "settled":
            parts = (self._label(record, "state"), self._label(record, "error_code"))
            parts += (record.error_place, record.cause_code, record.error_detail)
            return " · ".join(filter(None, (*parts, record.ignored_reason)))
        if kind == "event":
            parts = (self._label(record, "event"), record.user_id.name)
            return " · ".join(filter(None, (*parts, record.detail_words)))
        if kind == "line":
            return " · ".join(
                (
                    self._label(record, "kind"),
                    f"{record.quantity:g} {record.uom_id.name}",
                    record.product_id.display_name,
                    record.department_id.name,
                    self._label(record, "state"),
                )
            )
        if kind == "move":
            return self._words_of_move(record)
        return record.display_name

    def _words_of_move(self, move):
        """What went from where to where; whoever reads it may not open the move."""
        lots = ", ".join(move.move_line_ids.lot_id.mapped("name"))
        return " · ".join(
            filter(
                None,
                (
                    f"{move.quantity:g} {move.product_uom.name}",
                    move.product_id.display_name,
                    lots and self.env._("lot %(names)s", names=lots),
                    f"{move.location_id.display_name} → "
                    f"{move.location_dest_id.display_name}",
                    self._label(move, "state"),
                ),
            )
        )

    def _label(self, record, name):
        labels = dict(record._fields[name]._description_selection(self.env))
        return labels.get(record[name], "")

    def action_open(self):
        """What the step shows."""
        self.ensure_one()
        record = self.env[self.res_model].browse(self.res_id)
        if not (self._may_see_form(self.res_model) and record.has_access("read")):
            raise UserError(
                self.env._(
                    "You have no right to open this. Ask somebody who looks after "
                    "stock or alerts."
                )
            )
        return record._get_records_action()


class MedHisMessage(models.Model):
    _inherit = "med.his.message"

    step_ids = fields.One2many(
        "med.his.step", "message_id", string="Timeline", readonly=True
    )

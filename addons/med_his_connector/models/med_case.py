from odoo import api, fields, models
from odoo.fields import Command

from ..core.values import naive
from .med_his_code import UNKNOWN
from .outcome import Outcome, ignored, waits


class MedCase(models.Model):
    """A case that a message put on the schedule; the one written last holds."""

    _inherit = "med.case"

    his_message_id = fields.Many2one(
        "med.his.message",
        string="Message",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The message that holds: of all about this appointment the one that was "
        "written last.",
    )
    his_sent_at = fields.Datetime(string="Written", readonly=True, copy=False)  # MSH-7
    his_sequence = fields.Integer(readonly=True, copy=False)  # MSH-13

    def _his_version(self):
        """What decides which message holds: MSH-7, MSH-13, then the receipt."""
        self.ensure_one()
        sent_at = self.his_sent_at or fields.Datetime.to_datetime("1900-01-01")
        return sent_at, self.his_sequence, self.his_message_id.id or 0


class MedHisMessage(models.Model):
    _inherit = "med.his.message"

    case_ids = fields.One2many(
        "med.case", "his_message_id", string="Cases", readonly=True
    )

    @api.model
    def _apply_appointment(self, channel, message, appointment):
        """SIU: the case as this message says, unless a later one said otherwise."""
        Case = self.env["med.case"]
        case = Case.search(
            [
                ("company_id", "=", channel.company_id.id),
                ("source", "=", channel._source()),
                ("external_key", "=", appointment.key),
            ],
            limit=1,
        )
        sent_at = naive(appointment.sent_at)
        version = sent_at, appointment.sequence, message.id
        if case and case._his_version() >= version:
            return Outcome("processed", repeated_count=1)
        procedure = self._match_procedure(channel, appointment.procedure_code)
        if procedure.ignored:
            raise ignored("no_effect", 1)
        values = {
            "his_message_id": message.id,
            "his_sent_at": sent_at,
            "his_sequence": appointment.sequence,
            "state": appointment.state,
        }
        if procedure.ids:
            values["procedure_id"] = procedure.id
        elif not case:
            self._wait_for_procedure(appointment)
        values |= self._case_values(channel, appointment, case, procedure)
        if case:
            case.write(values)
            case._plan_use()
        else:
            case = Case.create(
                {
                    "company_id": channel.company_id.id,
                    "source": channel._source(),
                    "external_key": appointment.key,
                    **values,
                }
            )
        self._plan_named_items(channel, case, appointment)
        return Outcome("processed", made_count=1)

    @api.model
    def _match_procedure(self, channel, code):
        if not code:
            return UNKNOWN
        match = self.env["med.his.code"]._match_procedures(channel, {code})
        match = match.get(code, UNKNOWN)
        if match.problem:
            raise waits("unknown_procedure", "AIS-3", cause=code)
        return match

    @api.model
    def _wait_for_procedure(self, appointment):
        """A case that was never planned and is cancelled needs no procedure."""
        if appointment.state == "cancelled":
            raise ignored("no_effect", 1)
        raise waits("procedure_missing", "AIS-3")

    @api.model
    def _case_values(self, channel, appointment, case, procedure):
        values = {}
        if appointment.start:
            values["start"] = naive(appointment.start)
            values["stop"] = appointment.stop and naive(appointment.stop)
            if not values["stop"]:
                del values["stop"]
        elif not case:
            raise ignored("no_effect", 1)  # cancelled before it was ever planned
        if appointment.room:
            values["room"] = appointment.room
        if token := self._token(channel, appointment.encounter):
            company = channel.company_id
            merged = self.env["med.encounter.merge"]._current(company, [token])
            values["encounter_token"] = merged.get(token, token)
        department = self._case_department(channel, appointment, procedure)
        if department:
            values["department_id"] = department
        elif not case:
            raise waits("department_missing", "AIL-3")
        return values

    @api.model
    def _case_department(self, channel, appointment, procedure):
        """Where the room is mapped to, else where the procedure is usually done."""
        code = appointment.department_code
        if code:
            found = self.env["med.his.code"]._match_departments(channel, {code})
            match = found.get(code, UNKNOWN)
            if not match.problem and not match.ignored:
                return match.id
        usual = self.env["med.procedure"].browse(procedure.ids).department_id
        if usual or channel.department_id:
            return (usual or channel.department_id).id
        if code:
            raise waits("unknown_department", "AIL-3", cause=code)
        return False

    @api.model
    def _plan_named_items(self, channel, case, appointment):
        """Items that the schedule names itself (AIG); equipment is none of ours."""
        codes = {each.code for each in appointment.items}
        matches = self.env["med.his.code"]._match_items(channel, codes)
        wanted = {}
        for each in appointment.items:
            match = matches.get(each.code, UNKNOWN)
            if not match.problem and not match.ignored:
                quantity = float(each.quantity) * match.factor
                wanted[match.id] = wanted.get(match.id, 0.0) + quantity
        old = case.planned_use_ids.filtered(lambda line: line.origin == "schedule")
        if not wanted and not old:
            return
        named = case.planned_use_ids.filtered(
            lambda line: line.origin == "schedule" or line.product_id.id in wanted
        )
        case.planned_use_ids = [
            *(Command.delete(line.id) for line in named if line.origin != "hand"),
            *(
                Command.create(
                    {
                        "product_id": product_id,
                        "quantity": quantity,
                        "prepared_qty": quantity,
                        "origin": "schedule",
                    }
                )
                for product_id, quantity in wanted.items()
            ),
        ]
        if old:
            case._plan_use()  # what the schedule no longer names, the card may

from odoo import api, fields, models
from odoo.fields import Command

from ..core.values import naive
from ..core.version import version_of
from .hold import appointment_key
from .med_his_code import UNKNOWN
from .outcome import Outcome, Settled, ignored, waits

#: Of what a case is made.
COMPLETE = {"procedure_id", "department_id", "start"}


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
    his_version = fields.Char(
        readonly=True, copy=False, help="MSH-7, MSH-13 and receipt: core/version.py."
    )


class MedHisMessage(models.Model):
    _inherit = "med.his.message"

    case_ids = fields.One2many(
        "med.case", "his_message_id", string="Cases", readonly=True
    )

    @api.model
    def _process_cases(self, channel, messages, outcomes, kind):
        """Appointments, in order; what is stuck and cancelled by a later one of them is
        looked at again: there is nothing to mend any more."""
        said = self._process_each(channel, messages, outcomes, kind)
        gone = {each.key for each in said.values() if each.state == "cancelled"}
        for message, appointment in said.items():
            stuck = outcomes[message].state == "exception"
            if stuck and appointment.key in gone:
                outcomes[message] = self._apply(kind, message, appointment)

    @api.model
    def _apply_appointment(self, channel, message, appointment):
        """SIU: the case as this message says, unless a later one said otherwise."""
        Cancelled, key = self.env["med.his.cancelled"], appointment.key
        case = self._case_of(channel, key)
        known = case.his_version or Cancelled._versions(channel, {key}).get(key, "")
        version = version_of(appointment.sent_at, appointment.sequence, message.id)
        if known >= version:
            return Outcome("processed", repeated_count=1)
        values = {
            "his_message_id": message.id,
            "his_sent_at": naive(appointment.sent_at),
            "his_version": version,
        }
        if appointment.state == "cancelled":
            return self._cancel_case(channel, message, appointment, case, values)
        procedure = self._match_procedure(channel, appointment.procedure_code)
        if procedure.ignored:
            if not case:
                raise ignored("no_effect", 1)
            case.write({**values, "state": "cancelled"})  # it is none of ours any more
            return Outcome("processed", made_count=1)
        values |= self._case_values(channel, appointment, procedure)
        values["state"] = appointment.state
        if case:
            case.write(values)
            case._plan_use()
        else:
            self._check_complete(appointment, values)
            case = self._new_case(channel, appointment, values)
        self._plan_named_items(channel, case, appointment)
        return Outcome("processed", made_count=1)

    @api.model
    def _case_of(self, channel, key):
        return self.env["med.case"].search(
            [
                ("company_id", "=", channel.company_id.id),
                ("source", "=", channel._source()),
                ("external_key", "=", key),
            ],
            limit=1,
        )

    @api.model
    def _new_case(self, channel, appointment, values):
        return self.env["med.case"].create(
            {
                "company_id": channel.company_id.id,
                "source": channel._source(),
                "external_key": appointment.key,
                **values,
            }
        )

    @api.model
    def _cancel_case(self, channel, message, appointment, case, values):
        """It does not take place, whatever else the message says or leaves out.

        Where no case is known and none can be made of it, it is remembered. What was
        written before it and waits for a person has nothing to wait for any more.
        """
        try:
            procedure = self._match_procedure(channel, appointment.procedure_code)
            more = self._case_values(channel, appointment, procedure)
        except Settled:  # a code that nobody mapped
            procedure, more = UNKNOWN, self._case_times(appointment)
        values |= {**more, "state": "cancelled"}
        if case:
            case.write(values)
        elif not procedure.ignored and values.keys() >= COMPLETE:
            case = self._new_case(channel, appointment, values)
        else:
            last = {appointment.key: values["his_version"]}
            self.env["med.his.cancelled"]._remember(channel, message, last)
        key = appointment_key(channel, appointment.key)
        held = self.env["med.his.hold"]._of({key})
        self.browse(id_ for _key, id_ in held if id_ != message.id)._queue_again()
        if not case:
            return Outcome("ignored", "no_effect", skipped_count=1)
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
    def _check_complete(self, appointment, values):
        """Without these there is no case to plan for."""
        if "procedure_id" not in values:
            raise waits("procedure_missing", "AIS-3")
        if "department_id" not in values:
            raise waits("department_missing", "AIL-3")

    @api.model
    def _case_values(self, channel, appointment, procedure):
        """What the message says of the case; what it leaves out stays as it is."""
        values = self._case_times(appointment)
        if procedure.ids:
            values["procedure_id"] = procedure.id
        if appointment.room:
            values["room"] = appointment.room
        if token := self._token(channel, appointment.encounter):
            company = channel.company_id
            merged = self.env["med.encounter.merge"]._current(company, [token])
            values["encounter_token"] = merged.get(token, token)
        department = self._case_department(channel, appointment, procedure)
        if department:
            values["department_id"] = department
        return values

    @api.model
    def _case_times(self, appointment):
        times = {"start": appointment.start, "stop": appointment.stop}
        return {name: naive(moment) for name, moment in times.items() if moment}

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

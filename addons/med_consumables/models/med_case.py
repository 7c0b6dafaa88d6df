from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

#: A case without an end is taken to last this long.
USUAL_HOURS = 1
#: So long after its end a case whose use is known is taken to be done.
CLOSED_AFTER = timedelta(hours=24)


class MedCase(models.Model):
    """One procedure on the schedule: when, where, and what it will need.

    planned ──> done           compared with what its visit used
       │  ▲
       ▼  │ planned again
    cancelled                  its planned use counts no more

    It names no patient: the visit is a token, as in the ledger.
    """

    _name = "med.case"
    _description = "Planned Case"
    _inherit = ["med.stepped", "mail.thread"]
    _order = "start desc, id desc"
    _check_company_auto = True
    _med_set_by_steps = frozenset({"state", "source", "external_key"})

    procedure_id = fields.Many2one(
        "med.procedure",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
    )
    department_id = fields.Many2one(
        "med.department",
        compute="_compute_department_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        check_company=True,
        tracking=True,
        help="Whose shelf its items come from.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    start = fields.Datetime(required=True, tracking=True)
    stop = fields.Datetime(
        string="End", compute="_compute_stop", store=True, readonly=False
    )
    date = fields.Date(
        string="Day",
        compute="_compute_date",
        store=True,
        help="The day in the hospital's time zone.",
    )
    room = fields.Char()
    note = fields.Char(help="About the procedure, never about the patient.")
    source = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        default="hand",
        help="Who put it on the schedule.",
    )
    source_name = fields.Char(string="Put There By", compute="_compute_source_name")
    external_key = fields.Char(
        string="Appointment",
        readonly=True,
        copy=False,
        help="The source's own number of the appointment.",
    )
    encounter_token = fields.Char(
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Stands for the visit. It cannot be turned back into a patient.",
    )
    state = fields.Selection(
        [("planned", "Planned"), ("done", "Done"), ("cancelled", "Cancelled")],
        required=True,
        readonly=True,
        copy=False,
        default="planned",
        tracking=True,
    )
    card_id = fields.Many2one(
        "med.preference.card",
        string="Card",
        readonly=True,
        copy=False,
        help="Where its planned use comes from.",
    )
    planned_use_ids = fields.One2many(
        "med.planned.use", "case_id", string="Planned Use", copy=False
    )
    use_ids = fields.One2many("med.case.use", "case_id", string="Card against Use")
    is_late = fields.Boolean(
        string="Not Closed", compute="_compute_is_late", search="_search_is_late"
    )

    _external_key_uniq = models.UniqueIndex(
        "(company_id, source, external_key) WHERE external_key IS NOT NULL",
        "This source has put this appointment on the schedule already.",
    )
    _planned_idx = models.Index("(company_id, start) WHERE state = 'planned'")
    _in_order = models.Constraint(
        "CHECK(stop IS NULL OR stop >= start)", "A case ends after it begins."
    )

    @api.depends("source")
    @api.depends_context("lang")
    def _compute_source_name(self):
        names = self.env["med.consumption"]._source_names()
        names["hand"] = names["manual"]
        for case in self:
            kind, _colon, detail = (case.source or "").partition(":")
            known = names.get(kind, kind)
            case.source_name = " · ".join(filter(None, (known, detail)))

    @api.depends("procedure_id")
    def _compute_department_id(self):
        for case in self:
            if not case.department_id:
                own = self.env.user.med_department_ids[:1]
                case.department_id = case.procedure_id.department_id or own

    @api.depends("start")
    def _compute_stop(self):
        for case in self:
            if case.start and (not case.stop or case.stop < case.start):
                case.stop = case.start + timedelta(hours=USUAL_HOURS)

    @api.depends("start", "company_id")
    def _compute_date(self):
        for case in self:
            company = case.company_id or self.env.company
            case.date = case.start and company._med_day(case.start)

    @api.depends("procedure_id", "start")
    def _compute_display_name(self):
        for case in self:
            start = case.start and fields.Datetime.context_timestamp(case, case.start)
            when = start.strftime("%Y-%m-%d %H:%M") if start else ""
            case.display_name = f"{case.procedure_id.name or ''} {when}".strip()

    @api.depends("state", "stop")
    def _compute_is_late(self):
        limit = fields.Datetime.now() - CLOSED_AFTER
        for case in self:
            case.is_late = bool(
                case.state == "planned" and case.stop and case.stop < limit
            )

    @api.model
    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        limit = fields.Datetime.now() - CLOSED_AFTER
        late = fields.Domain("state", "=", "planned") & fields.Domain(
            "stop", "<", limit
        )
        return late if True in value else ~late

    @api.model_create_multi
    def create(self, vals_list):
        cases = super().create(vals_list)
        cases._plan_use()
        return cases

    def write(self, vals):
        result = super().write(vals)
        if {"procedure_id", "department_id"} & vals.keys():
            self._plan_use()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_by_hand_only(self):
        if any(case.source != "hand" for case in self):
            raise UserError(
                self.env._("What the schedule reported stays; cancel the case instead.")
            )

    def action_done(self):
        """Say that these cases took place."""
        self._check_state("planned")
        early = self.filtered(lambda case: case.start > fields.Datetime.now())
        if early:
            raise UserError(
                self.env._(
                    "%(case)s has not begun yet. Change its time, if it was earlier.",
                    case=early[0].display_name,
                )
            )
        self._move_to("done")
        return True

    def action_cancel(self):
        self._check_state("planned")
        self._move_to("cancelled")
        return True

    def action_plan_again(self):
        self._check_state("done", "cancelled")
        self._move_to("planned")
        self._plan_use()
        return True

    def action_view_use(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_case_use_action"
        )
        action["domain"] = [("case_id", "=", self.id)]
        action["context"] = {}
        return action

    def _move_to(self, state):
        self.check_access("write")
        self.sudo().write({"state": state})  # only buttons and the schedule move it

    def _check_state(self, *states):
        labels = dict(self._fields["state"]._description_selection(self.env))
        for case in self:
            if case.state not in states:
                raise UserError(
                    self.env._(
                        "%(case)s is %(state)s; this step is not open to it.",
                        case=case.display_name,
                        state=labels[case.state],
                    )
                )

    def _plan_use(self):
        """Take up what the card in force says; lines from elsewhere stay."""
        cases = self.filtered(lambda case: case.state == "planned")
        cards = cases.procedure_id._card_by_department()
        none = self.env["med.preference.card"]
        for case in cases.sudo():  # whoever moves the case may not write its card
            procedure_id = case.procedure_id.id
            card = cards.get((procedure_id, case.department_id.id))
            card = (card or cards.get((procedure_id, False), none)).sudo()
            stays = case.planned_use_ids.filtered(lambda line: line.origin != "card")
            wanted = {
                line.product_id: line
                for line in card.line_ids
                if line.product_id not in stays.product_id
            }
            commands = []
            for line in case.planned_use_ids - stays:
                if source := wanted.pop(line.product_id, None):
                    commands.append(Command.update(line.id, source._planned_values()))
                else:
                    commands.append(Command.delete(line.id))
            for product, source in wanted.items():
                values = {"product_id": product.id, "origin": "card"}
                commands.append(Command.create(values | source._planned_values()))
            case.write({"card_id": card.id, "planned_use_ids": commands})

    @api.model
    def _cron_close(self):
        """Take for done what is over and whose visit has used something."""
        late = self.search(
            [
                ("is_late", "=", True),
                ("encounter_token", "!=", False),
                ("start", ">", fields.Datetime.now() - timedelta(days=60)),
            ]
        )
        used = self.env["med.case.use"]._read_group(
            [("case_id", "in", late.ids), ("used_qty", ">", 0)], ["case_id"]
        )
        for (case,) in used:
            case._move_to("done")


class MedPreferenceCardLine(models.Model):
    _inherit = "med.preference.card.line"

    def _planned_values(self):
        """What one case plans of this item."""
        self.ensure_one()
        return {"quantity": self.expected_qty, "prepared_qty": self.quantity}

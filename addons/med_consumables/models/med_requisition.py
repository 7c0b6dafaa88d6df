from odoo import api, fields, models
from odoo.exceptions import UserError

from .spoken_to import spoken_to

#: Moved by the buttons alone, whoever writes and whichever way they come in.
GUARDED = {
    "name",
    "state",
    "asked_by_id",
    "asked_at",
    "approved_by_id",
    "approved_at",
    "issued_at",
    "received_by_id",
    "received_at",
    "closing_reason",
    "company_id",
}


class MedRequisition(models.Model):
    """A department asks the store, or lends from another department.

        draft ─ask─> asked ─approve─> approved ─issue─> partial ─> issued ─> received
                       │ refuse          │                │
                       ▼                 └── cancel ──────┴─> cancelled, or issued
                    refused                                   where a part has gone out

    Approval makes a native transfer from the source to the department's shelf; what the
    transfer does moves the request on. A cancelled request may go back to draft.
    """

    _name = "med.requisition"
    _description = "Requisition"
    _inherit = ["mail.thread", "mail.activity.mixin", "med.labelled"]
    _order = "urgent desc, id desc"
    _check_company_auto = True

    name = fields.Char(
        string="Number", readonly=True, copy=False, default="/", index="trigram"
    )
    company_id = fields.Many2one(
        "res.company", compute="_compute_company_id", store=True, index=True
    )
    department_id = fields.Many2one(
        "med.department",
        required=True,
        index=True,
        tracking=True,
        check_company=True,
        domain="[('kind', '!=', 'store')]",
        default=lambda self: self._default_department_id(),
        help="Who asks; the goods go to its shelf.",
    )
    urgent = fields.Boolean(
        tracking=True, help="The store picks urgent requests before all others."
    )
    needed_by = fields.Datetime(
        help="When the goods are needed; the store sees it as the date of the transfer."
    )
    note = fields.Text(help="What the store or the manager should know.")
    line_ids = fields.One2many(
        "med.requisition.line", "requisition_id", string="Items", copy=True
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("asked", "Asked"),
            ("approved", "Approved"),
            ("partial", "Partly issued"),
            ("issued", "Issued"),
            ("received", "Received"),
            ("refused", "Refused"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
        default="draft",
    )
    asked_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    asked_at = fields.Datetime(readonly=True, copy=False)
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    approved_at = fields.Datetime(readonly=True, copy=False)
    issued_at = fields.Datetime(
        readonly=True, copy=False, help="When the last part left the store."
    )
    received_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    received_at = fields.Datetime(readonly=True, copy=False)
    hours_to_receipt = fields.Float(
        compute="_compute_hours_to_receipt",
        store=True,
        digits=(16, 1),
        aggregator="avg",
        help="Hours from the question to the confirmed receipt.",
    )
    fill_rate = fields.Float(
        compute="_compute_fill_rate",
        store=True,
        aggregator="avg",
        help="Issued divided by asked, averaged over the items.",
    )
    closing_reason = fields.Char(
        string="Reason", readonly=True, copy=False, help="Why refused or cancelled."
    )
    may_approve = fields.Boolean(compute="_compute_may_approve")

    @api.model
    def _default_department_id(self):
        own = self.env.user.med_department_ids
        return own.filtered(lambda department: department.kind != "store")[:1]

    @api.depends("department_id")
    def _compute_company_id(self):
        for requisition in self:
            requisition.company_id = requisition.department_id.company_id

    @api.depends("asked_at", "received_at")
    def _compute_hours_to_receipt(self):
        for requisition in self:
            asked, received = requisition.asked_at, requisition.received_at
            took = received - asked if asked and received else None
            requisition.hours_to_receipt = took and took.total_seconds() / 3600

    @api.depends("line_ids.fill_rate")
    def _compute_fill_rate(self):
        for requisition in self:
            rates = requisition.line_ids.mapped("fill_rate")
            requisition.fill_rate = sum(rates) / len(rates) if rates else 0.0

    @api.depends("state", "department_id", "asked_by_id")
    @api.depends_context("uid")
    def _compute_may_approve(self):
        for requisition in self:
            requisition.may_approve = (
                requisition.state == "asked" and not requisition._why_not_approve()
            )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_guarded(vals)
        requisitions = super().create(vals_list)
        for requisition in requisitions:
            # Numbers are drawn for people who may not touch sequences.
            requisition.sudo().name = (
                self.env["ir.sequence"]
                .sudo()
                .with_company(requisition.company_id)
                .next_by_code("med.requisition")
            )
        return requisitions

    def write(self, vals):
        self._check_guarded(vals)
        if not self.env.su and {"department_id", "needed_by", "urgent"} & vals.keys():
            self._check_state("draft")
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_if_draft(self):
        self._check_state("draft")

    def action_ask(self):
        self.check_access("write")
        self._lock()
        self._check_state("draft")
        for requisition in self:
            requisition.line_ids._check_asked(requisition)
            for line in requisition.line_ids:
                line.sudo().approved_qty = line.asked_qty  # see _advance
        self._advance(
            state="asked", asked_by_id=self.env.uid, asked_at=fields.Datetime.now()
        )
        self._tell_who_decides()
        return True

    def action_approve(self):
        self.check_access("write")
        self._lock()
        self._check_state("asked")
        self._check_may_approve()
        for requisition in self:
            if not any(requisition.line_ids.mapped("approved_qty")):
                raise UserError(
                    self.env._(
                        "Nothing of %(requisition)s is approved. "
                        "Enter a quantity, or refuse it and say why.",
                        requisition=requisition.name,
                    )
                )
        self._advance(
            state="approved",
            approved_by_id=self.env.uid,
            approved_at=fields.Datetime.now(),
        )
        self.activity_unlink(["mail.mail_activity_data_todo"])
        self._make_transfers()
        return True

    def action_redraft(self):
        """Undo: ask again what was refused, cancelled or asked by mistake."""
        self.check_access("write")
        self._lock()
        self._check_state("asked", "refused", "cancelled")
        if self.line_ids.filtered("issued_qty"):
            raise UserError(
                self.env._("A part was issued already; copy the request instead.")
            )
        self.activity_unlink(["mail.mail_activity_data_todo"])
        self._advance(state="draft", closing_reason=False)
        return True

    def _refuse(self, reason):
        self.check_access("write")
        self._lock()
        self._check_state("asked")
        self._check_may_approve()
        self.activity_unlink(["mail.mail_activity_data_todo"])
        self._advance(state="refused", closing_reason=reason)

    def _cancel(self, reason):
        """Stop what has not gone out; what was issued stays issued."""
        self.check_access("write")
        self._lock()
        self._check_state("draft", "asked", "approved", "partial")
        self.activity_unlink(["mail.mail_activity_data_todo"])
        self._advance(closing_reason=reason)
        waiting = self.filtered(lambda r: r.state in ("draft", "asked"))
        waiting._advance(state="cancelled")
        (self - waiting)._cancel_transfers()

    # ---- who decides ---------------------------------------------------------------

    def _deciding_department(self):
        """Extension point: whose manager approves."""
        self.ensure_one()
        return self.department_id

    def _why_not_approve(self):
        """A sentence why this user may not decide, or nothing where they may.

        Who asks does not approve, unless nobody manages the department.
        """
        self.ensure_one()
        user, department = self.env.user, self._deciding_department()
        works_here = bool(department._filtered_own()) or department.manager_id == user
        administers = user.has_group("med_consumables.group_administrator")
        manages = user.has_group("med_consumables.group_ward_manager") and works_here
        if not department.manager_id and works_here:
            return ""
        if not (manages or administers):
            return self.env._(
                "Only the manager of %(department)s approves or refuses this request.",
                department=department.display_name,
            )
        if self.asked_by_id == user:
            return self.env._(
                "You asked for this yourself; somebody else has to approve it."
            )
        return ""

    def _check_may_approve(self):
        for requisition in self:
            if why_not := requisition._why_not_approve():
                raise UserError(
                    self.env._(
                        "%(requisition)s: %(why_not)s",
                        requisition=requisition.name,
                        why_not=why_not,
                    )
                )

    def _tell_who_decides(self):
        for requisition in self:
            manager = requisition._deciding_department().manager_id
            if manager and manager != self.env.user:
                # The manager of another ward may be told without being seen.
                requisition.sudo().activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=spoken_to(self, manager).env._("Approve or refuse"),
                    user_id=manager.id,
                )

    # ---- helpers -------------------------------------------------------------------

    @api.model
    def _check_guarded(self, vals):
        if not self.env.su and (guarded := GUARDED & vals.keys()):
            raise UserError(
                self.env._(
                    "%(fields)s of a requisition is moved by its buttons only.",
                    fields=", ".join(
                        self._fields[name]._description_string(self.env)
                        for name in sorted(guarded)
                    ),
                )
            )

    def _check_state(self, *allowed):
        states = dict(self._fields["state"]._description_selection(self.env))
        for requisition in self:
            if requisition.state not in allowed:
                raise UserError(
                    self.env._(
                        "%(requisition)s is in the state “%(state)s”; this cannot be "
                        "done any more. Open it again to see what others have done.",
                        requisition=requisition.name,
                        state=states[requisition.state],
                    )
                )

    def _lock(self):
        """Two people who decide at once: the second waits for neither and is told."""
        if len(self.try_lock_for_update(allow_referencing=True)) < len(self):
            raise UserError(
                self.env._(
                    "Somebody else is working on this request at this moment. "
                    "Open it again in a few seconds."
                )
            )
        self.invalidate_recordset(["state"])

    def _advance(self, **values):
        """Write what only buttons write, for the person whose right was checked."""
        self.sudo().write(values)

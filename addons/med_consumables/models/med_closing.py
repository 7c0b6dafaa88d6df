from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..core.period import start_of_day

#: Written by signing alone, see med_closing_sign.py.
SIGNED = (
    "state",
    "made_by_id",
    "made_at",
    "checked_by_id",
    "checked_at",
    "finance_by_id",
    "finance_at",
)


class MedClosing(models.Model):
    """The closing of a month (月结): what was there, came, went and is there.

        draft ──> made (signed by who made it) ──> closed (signed by who checked it)
          ▲──────────────┘        └──> checked ──> closed (signed by finance as well)
          │                                           │
          └──── opened again: the last month only, by the administrator, with a reason

    Closing the whole hospital locks the month: what is reported late for it is booked
    on the first open day. The closing of one department is a statement and locks
    nothing.
    """

    _name = "med.closing"
    _description = "Month Closing"
    _inherit = ["med.stepped", "mail.thread"]
    _order = "month desc, department_id, id desc"
    _check_company_auto = True
    _med_set_by_steps = frozenset({*SIGNED, "line_ids", "ledger_hash"})

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    department_id = fields.Many2one(
        "med.department",
        check_company=True,
        ondelete="restrict",
        help="Empty: the whole hospital, which locks the month.",
    )
    month = fields.Date(
        required=True,
        default=lambda self: self._default_month(),
        help="Any day of the month to be closed.",
    )
    date_to = fields.Date(
        string="Last Day", compute="_compute_date_to", store=True, precompute=True
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("made", "To check"),
            ("checked", "For finance to sign"),
            ("closed", "Closed"),
        ],
        required=True,
        readonly=True,
        default="draft",
        tracking=True,
        copy=False,
    )
    line_ids = fields.One2many("med.closing.line", "closing_id", readonly=True)
    check_ids = fields.One2many("med.closing.check", "closing_id")
    made_by_id = fields.Many2one("res.users", readonly=True, copy=False, tracking=True)
    made_at = fields.Datetime(readonly=True, copy=False)
    checked_by_id = fields.Many2one(
        "res.users", readonly=True, copy=False, tracking=True
    )
    checked_at = fields.Datetime(readonly=True, copy=False)
    ledger_hash = fields.Char(
        readonly=True,
        copy=False,
        help="Hash of the last seal of the ledger when the month was closed: on paper, "
        "it proves that the ledger up to there was not changed.",
    )
    opening_value = fields.Monetary(compute="_compute_totals", store=True)
    in_value = fields.Monetary(compute="_compute_totals", store=True)
    out_value = fields.Monetary(compute="_compute_totals", store=True)
    revaluation = fields.Monetary(
        compute="_compute_totals",
        store=True,
        help="Closing against opening and in less out: nothing for a whole hospital.",
    )
    closing_value = fields.Monetary(compute="_compute_totals", store=True)
    difference_count = fields.Integer(
        string="Lines that Differ from Stock", compute="_compute_totals", store=True
    )
    open_check_count = fields.Integer(compute="_compute_open_check_count")

    _month_uniq = models.UniqueIndex(
        "(company_id, COALESCE(department_id, 0), date_to)",
        "This month has a closing already.",
    )

    @api.model
    def _default_month(self):
        today = fields.Date.context_today(self)
        return today.replace(day=1) - relativedelta(months=1)

    @api.depends("month")
    def _compute_date_to(self):
        for closing in self:
            closing.date_to = closing.month and (
                closing.month.replace(day=1) + relativedelta(months=1, days=-1)
            )

    @api.depends("line_ids")
    def _compute_totals(self):
        for closing in self:
            lines = closing.line_ids
            for name in (
                "opening_value",
                "in_value",
                "out_value",
                "revaluation",
                "closing_value",
            ):
                closing[name] = sum(lines.mapped(name))
            closing.difference_count = len(lines.filtered("difference_quantity"))

    @api.depends("check_ids.count", "check_ids.accepted_reason")
    def _compute_open_check_count(self):
        for closing in self:
            closing.open_check_count = len(closing.check_ids._open())

    @api.depends("month", "department_id", "company_id")
    def _compute_display_name(self):
        for closing in self:
            scope = closing.department_id or closing.company_id
            month = closing.month and closing.month.strftime("%Y-%m")
            closing.display_name = f"{month} · {scope.display_name}"

    @api.constrains("month", "company_id")
    def _check_month(self):
        for closing in self:
            today = closing.company_id._med_day(fields.Datetime.now())
            if closing.date_to >= today:
                raise ValidationError(
                    self.env._(
                        "%(month)s is not over yet; it can be closed from %(day)s on.",
                        month=closing.month.strftime("%Y-%m"),
                        day=closing.date_to + timedelta(days=1),
                    )
                )

    def write(self, vals):
        if not self.env.su:
            frozen = self.filtered(lambda closing: closing.state != "draft")
            changed = vals.keys() & {"month", "company_id", "department_id"}
            if frozen and changed:
                raise UserError(
                    self.env._("A signed closing keeps its month and department.")
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_draft_only(self):
        if self.filtered(lambda closing: closing.state != "draft"):
            raise UserError(self.env._("Only a draft of a closing can be deleted."))

    # ---- actions -------------------------------------------------------------------

    def action_compute(self):
        """Look at the checklist and the figures again."""
        self._check_store()
        self._check_state("draft")
        for closing in self.sudo():  # figures follow from moves that only stock reads
            closing._check_in_order()
            closing.check_ids._refresh(closing)
            closing._make_lines()

    def action_open_lines(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_closing_line_action"
        )
        action["domain"] = [("closing_id", "=", self.id)]
        return action

    # ---- business ------------------------------------------------------------------

    def _check_state(self, *allowed):
        if other := self.filtered(lambda closing: closing.state not in allowed):
            states = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(closing)s is in the state %(state)s; this cannot be done now.",
                    closing=other[0].display_name,
                    state=states[other[0].state],
                )
            )

    def _check_store(self):
        """Finance may write its signature and nothing else."""
        self.check_access("write")
        if not self.env.user.has_group("med_consumables.group_storekeeper"):
            raise AccessError(
                self.env._("Only the store makes and checks a month closing.")
            )

    def _check_in_order(self):
        """Months are closed one after the other."""
        before = self._previous()
        next_day = before.date_to and before.date_to + timedelta(days=1)
        if next_day and next_day != self.month.replace(day=1):
            raise UserError(
                self.env._(
                    "%(last)s is the last closed month. Close %(next)s next.",
                    last=before.display_name,
                    next=next_day.strftime("%Y-%m"),
                )
            )

    def _previous(self):
        """The closing before this one, of the same scope."""
        return self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("department_id", "=", self.department_id.id),
                ("state", "=", "closed"),
                ("id", "!=", self.id),
            ],
            order="date_to desc",
            limit=1,
        )

    def _whole_before(self):
        """The closed month of the whole hospital that ends where this one begins."""
        return self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("department_id", "=", False),
                ("state", "=", "closed"),
                ("date_to", "=", self.month.replace(day=1) - timedelta(days=1)),
            ],
            limit=1,
        )

    def _bounds(self):
        """The month as naive UTC: (its first moment, the first moment after it)."""
        zone = self.company_id._med_time_zone()
        return (
            start_of_day(self.month.replace(day=1), zone),
            start_of_day(self.date_to + timedelta(days=1), zone),
        )

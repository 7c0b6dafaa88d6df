from odoo import api, fields, models


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
    _inherit = [
        "med.numbered",
        "med.stepped",
        "mail.thread",
        "mail.activity.mixin",
        "med.labelled",
    ]
    _order = "urgent desc, id desc"
    _check_company_auto = True
    _med_set_by_steps = frozenset(
        {
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

    def write(self, vals):
        if not self.env.su and {"department_id", "needed_by", "urgent"} & vals.keys():
            self._check_state("draft")
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_if_draft(self):
        self._check_state("draft")

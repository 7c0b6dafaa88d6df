from odoo import api, fields, models
from odoo.exceptions import UserError


class MedAdverseEvent(models.Model):
    """Something happened with a device: the form for the maker and the authority.

        draft ──> reported ──> closed
          ▲          │
          └──────────┘   corrected and reported again

    It never holds who the patient is. Age, sex and record number are written on the
    printed form by hand.
    """

    _name = "med.adverse.event"
    _description = "Adverse Event"
    _inherit = ["med.numbered", "med.stepped", "mail.thread", "mail.activity.mixin"]
    _order = "event_date desc, id desc"
    _check_company_auto = True
    _med_set_by_steps = frozenset({"name", "state", "reported_at", "reported_by_id"})

    name = fields.Char(string="Our Number")
    company_id = fields.Many2one(
        related="department_id.company_id", store=True, readonly=True
    )
    department_id = fields.Many2one(
        "med.department",
        required=True,
        tracking=True,
        default=lambda self: self.env.user.med_department_ids[:1],
    )
    product_id = fields.Many2one(
        "product.product",
        string="Item",
        required=True,
        tracking=True,
        domain="[('med_consumable', '=', True)]",
    )
    lot_id = fields.Many2one(
        "stock.lot",
        string="Lot / Serial",
        tracking=True,
        domain="[('product_id', '=', product_id)]",
        index="btree_not_null",
    )
    incident_id = fields.Many2one("med.incident", index="btree_not_null")
    recall_id = fields.Many2one("med.recall", index="btree_not_null")
    event_date = fields.Date(
        string="Happened on", required=True, default=fields.Date.context_today
    )
    harm = fields.Selection(
        [
            ("death", "Death"),
            ("serious", "Serious injury"),
            ("may_harm", "Could have led to death or serious injury"),
            ("other", "Other"),
        ],
        required=True,
        default="other",
        tracking=True,
    )
    manifestation = fields.Text(
        string="What Happened",
        required=True,
        help="The failure or harm. No names, no numbers of patients.",
    )
    used_for = fields.Char(
        string="What It Was Used for", help="Disease or purpose, without the person."
    )
    how_used = fields.Text(string="How It Was Used")
    measures = fields.Text(string="Measures and Outcome")
    cause = fields.Selection(
        [
            ("device", "The device"),
            ("operation", "Its handling"),
            ("patient", "The patient's condition"),
            ("unknown", "Cannot be said"),
        ],
        string="Likely Cause",
        default="unknown",
        required=True,
    )
    reference = fields.Char(
        string="Report Number",
        tracking=True,
        help="As the national monitoring system gave it.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Reporter",
        required=True,
        default=lambda self: self.env.user,
    )
    reported_at = fields.Datetime(readonly=True, copy=False)
    reported_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    state = fields.Selection(
        [("draft", "Draft"), ("reported", "Reported"), ("closed", "Closed")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
        index=True,
    )

    @api.depends("name", "product_id")
    def _compute_display_name(self):
        for event in self:
            event.display_name = f"{event.name or ''} {event.product_id.display_name}"

    @api.onchange("lot_id")
    def _onchange_lot_id(self):
        if self.lot_id:
            self.product_id = self.lot_id.product_id

    @api.ondelete(at_uninstall=False)
    def _unlink_draft(self):
        if self.filtered(lambda event: event.state != "draft"):
            raise UserError(self.env._("Only a draft is deleted."))

    def action_report(self):
        self._go(
            "draft",
            {
                "state": "reported",
                "reported_at": fields.Datetime.now(),
                "reported_by_id": self.env.uid,
            },
        )
        return True

    def action_close(self):
        self._go("reported", {"state": "closed"})
        return True

    def action_correct(self):
        self._go("reported", {"state": "draft"})
        return True

    def action_print(self):
        return self.env.ref("med_consumables.report_adverse_event").report_action(self)

    def _go(self, state, values):
        self.check_access("write")
        # States move by the buttons only; whoever may press them was checked.
        self.sudo().filtered(lambda event: event.state == state).write(values)

    @api.model
    def _action_report(self, **defaults):
        """Open a new form with what is known."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Report an Adverse Event"),
            "res_model": self._name,
            "view_mode": "form",
            "context": {f"default_{name}": value for name, value in defaults.items()},
        }

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..core.incident import ABOUT_THE_BOOKS, ABOUT_THE_LOT


class MedIncident(models.Model):
    """Something is wrong with one line of the ledger, and somebody sees to it.

    Lines open and close their incident themselves (``_follow``); there is one a line.

        open ──> in work ──> closed     by a person, who says what was done
          │  ▲                 │
          │  └─────────────────┘        it failed again, or a person re-opens it
          └───────> closed              by itself: a retry posted the line

    What touches a patient (an expired, held, recalled or missing lot) never closes by
    itself.
    """

    _name = "med.incident"
    _description = "Incident"
    _inherit = ["med.stepped", "mail.thread", "mail.activity.mixin"]
    _order = "opened_at desc, id desc"
    # What it says is the ledger's; people change who minds it and what was done.
    _med_set_by_steps = frozenset(
        {
            "consumption_id",
            "code",
            "state",
            "opened_at",
            "closed_at",
            "closed_by_id",
        }
    )

    consumption_id = fields.Many2one(
        "med.consumption",
        string="Line of Use",
        required=True,
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    company_id = fields.Many2one(related="consumption_id.company_id", store=True)
    department_id = fields.Many2one(
        related="consumption_id.department_id", store=True, index=True
    )
    product_id = fields.Many2one(
        related="consumption_id.product_id", string="Item", store=True, index=True
    )
    lot_id = fields.Many2one(related="consumption_id.lot_id")
    quantity = fields.Float(related="consumption_id.quantity")
    event_time = fields.Datetime(related="consumption_id.event_time", store=True)
    code = fields.Selection(
        [
            ("recalled_lot", "Recalled lot used"),
            ("expired_lot", "Expired lot used"),
            ("held_lot", "Lot on hold used"),
            ("missing_lot", "Used without naming the lot"),
            ("no_stock", "Not enough stock on the books"),
            ("unknown_lot", "Lot unknown or not on this shelf"),
            ("no_location", "Department without a shelf"),
            ("return_exceeds_use", "Return exceeds what was used"),
            ("error", "Could not be posted"),
        ],
        string="What Is Wrong",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    about_lot = fields.Boolean(
        string="Touches a Patient",
        compute="_compute_about_lot",
        search="_search_about_lot",
        help="An expired, held, recalled or unknown piece may be in a patient: only a "
        "person closes it.",
    )
    what = fields.Char(string="What to Do", compute="_compute_what")
    owner_id = fields.Many2one(
        "res.users",
        tracking=True,
        index="btree_not_null",
        domain="[('share', '=', False)]",
        help="Who sees to it: at first the head of the department.",
    )
    resolution = fields.Text(
        tracking=True, help="What was found and what was done; needed to close."
    )
    opened_at = fields.Datetime(
        required=True, readonly=True, copy=False, default=fields.Datetime.now
    )
    closed_at = fields.Datetime(readonly=True, copy=False)
    closed_by_id = fields.Many2one(
        "res.users",
        string="Closed by",
        readonly=True,
        copy=False,
        help="Empty where it closed by itself, because the line was posted.",
    )
    state = fields.Selection(
        [("open", "Open"), ("in_work", "In work"), ("closed", "Closed")],
        required=True,
        readonly=True,
        copy=False,
        default="open",
        tracking=True,
        index=True,
        group_expand=True,
    )
    adverse_event_ids = fields.One2many(
        "med.adverse.event", "incident_id", string="Adverse Events"
    )

    _line_uniq = models.Constraint(
        "unique(consumption_id)", "This line of use has its incident already."
    )

    @api.depends("product_id", "code")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["code"]._description_selection(self.env))
        for incident in self:
            incident.display_name = (
                f"{labels.get(incident.code)}: {incident.product_id.display_name}"
            )

    @api.depends("code")
    def _compute_about_lot(self):
        for incident in self:
            incident.about_lot = incident.code in ABOUT_THE_LOT

    def _search_about_lot(self, operator, value):
        if operator != "in":
            return NotImplemented
        kinds = (ABOUT_THE_LOT if True in value else ()) + (
            ABOUT_THE_BOOKS if False in value else ()
        )
        return [("code", "in", kinds)]

    @api.depends("code", "consumption_id.incident_text")
    @api.depends_context("lang")
    def _compute_what(self):
        texts = {
            "recalled_lot": self.env._(
                "A piece of a recalled lot was used. Check on the patient, tell the "
                "doctor, and follow the recall."
            ),
            "expired_lot": self.env._(
                "The lot had expired when it was used. Check on the patient and take "
                "the remaining pieces off the shelf."
            ),
            "held_lot": self.env._(
                "The lot is on hold. Check on the patient and take the remaining "
                "pieces off the shelf."
            ),
            "missing_lot": self.env._(
                "Nobody named the lot of this piece. Find its label and note the lot "
                "here, so that a recall reaches the patient."
            ),
        }
        for incident in self:
            parts = (
                texts.get(incident.code),
                incident.consumption_id.state == "incident"
                and incident.consumption_id.incident_text,
            )
            incident.what = " ".join(filter(None, parts))

    @api.constrains("state", "resolution")
    def _check_resolution(self):
        for incident in self:
            if incident.state == "closed" and not (incident.resolution or "").strip():
                raise ValidationError(
                    self.env._(
                        "Say what was found and what was done before closing "
                        "“%(incident)s”.",
                        incident=incident.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        incidents = super().create(vals_list)
        by_line = {incident.consumption_id: incident for incident in incidents}
        for line, incident in by_line.items():
            line.incident_id = incident
        return incidents

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._("An incident is closed with its reason, and never deleted.")
        )

    def action_take(self):
        """I see to it."""
        self.check_access("write")
        # States move only by these buttons; whoever may press them was checked.
        todo = self.sudo().filtered(lambda incident: incident.state == "open")
        todo.write({"state": "in_work"})
        for incident in todo:
            if incident.owner_id != self.env.user:
                incident.owner_id = self.env.user
        todo._make_activities()
        return True

    def action_close(self):
        self.check_access("write")
        still_open = self.sudo().filtered(  # see action_take
            lambda incident: incident.state != "closed"
        )
        still_open.write(
            {
                "state": "closed",
                "closed_at": fields.Datetime.now(),
                "closed_by_id": self.env.uid,
            }
        )
        still_open._end_activities()
        return True

    def action_reopen(self):
        self.check_access("write")
        self.sudo()._reopen({})  # see action_take
        return True

    def action_retry(self):
        """Post the lines again; those that pass close their incidents."""
        self.check_access("write")
        self.consumption_id.action_retry()
        return True

    def action_view_line(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "med.consumption",
            "res_id": self.consumption_id.id,
            "view_mode": "form",
        }

    def action_report_adverse_event(self):
        """A form for the authority, with what is known filled in."""
        self.ensure_one()
        return self.env["med.adverse.event"]._action_report(
            department_id=self.department_id.id,
            product_id=self.product_id.id,
            lot_id=self.lot_id.id,
            incident_id=self.id,
            event_date=self.company_id._med_day(self.event_time),
        )

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

SETTLED = {"procedure_id", "department_id", "line_ids"}


class MedPreferenceCard(models.Model):
    """What one procedure uses, agreed by the department that does it.

    draft ──approve──> approved ──> superseded     another card took its place
                          └──withdraw──> draft

    One card is in force per procedure and department; a card without a department is
    for those that have none of their own.
    """

    _name = "med.preference.card"
    _description = "Preference Card"
    _inherit = ["med.stepped", "mail.thread"]
    _order = "procedure_id, department_id, id desc"
    _rec_name = "procedure_id"
    _check_company_auto = True
    _med_set_by_steps = frozenset(
        {
            "state",
            "approved_by_id",
            "approved_at",
            "case_count",
        }
    )

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
        index=True,
        check_company=True,
        tracking=True,
        default=lambda self: self.env.user.med_department_ids[:1],
        help="Left empty, it is for every department without a card of its own.",
    )
    company_id = fields.Many2one(related="procedure_id.company_id", store=True)
    line_ids = fields.One2many(
        "med.preference.card.line", "card_id", string="Items", copy=True
    )
    item_count = fields.Integer(compute="_compute_item_count")
    replaced_id = fields.Many2one(
        "med.preference.card",
        string="Takes the Place of",
        compute="_compute_replaced_id",
        help="The card in force that an approval of this draft would supersede.",
    )
    note = fields.Text(help="What whoever prepares the case should know.")
    case_count = fields.Integer(
        string="Learned From",
        readonly=True,
        copy=False,
        help="Cases whose use this card follows from; 0 where it was written by hand.",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("approved", "Approved"), ("superseded", "Superseded")],
        required=True,
        readonly=True,
        copy=False,
        default="draft",
        tracking=True,
    )
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    approved_at = fields.Datetime(readonly=True, copy=False)

    _one_in_force = models.UniqueIndex(
        "(procedure_id, COALESCE(department_id, 0)) WHERE state = 'approved'",
        "This procedure has an approved card for this department already.",
    )

    @api.depends("line_ids")
    def _compute_item_count(self):
        for card in self:
            card.item_count = len(card.line_ids)

    @api.depends("procedure_id", "department_id", "state")
    def _compute_replaced_id(self):
        cards = {card._key(): card for card in self._in_force()}
        for card in self:
            draft = card.state == "draft"
            card.replaced_id = draft and cards.get(card._key(), False)

    @api.depends("procedure_id", "department_id")
    def _compute_display_name(self):
        for card in self:
            parts = (card.procedure_id.display_name, card.department_id.code)
            card.display_name = " · ".join(filter(None, parts))

    def write(self, vals):
        if not self.env.su and SETTLED & vals.keys():
            self._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        self._check_draft()

    def action_approve(self):
        """Put these cards in force; planned cases follow them from now on."""
        self._check_manager()
        self._check_draft()
        empty = self.filtered(lambda card: not card.line_ids)
        if empty:
            raise UserError(
                self.env._(
                    "%(card)s has no items. Add what the procedure uses, or learn it "
                    "from past cases.",
                    card=empty[0].display_name,
                )
            )
        replaced = self._in_force().sudo()
        replaced.state = "superseded"
        # One statement for both could put the new card in force first.
        replaced.flush_recordset(["state"])
        # On behalf of the manager, whose right _check_manager has seen.
        self.sudo().write(
            {
                "state": "approved",
                "approved_by_id": self.env.uid,
                "approved_at": fields.Datetime.now(),
            }
        )
        self._plan_again()
        return True

    def action_withdraw(self):
        """Take a card out of force, to change it."""
        self._check_manager()
        for card in self:
            if card.state != "approved":
                raise UserError(
                    self.env._("%(card)s is not in force.", card=card.display_name)
                )
        self.sudo().write(  # as in action_approve
            {"state": "draft", "approved_by_id": False, "approved_at": False}
        )
        self._plan_again()
        return True

    def action_view_cases(self):
        self.ensure_one()
        return self.procedure_id.action_view_cases()

    def _in_force(self):
        """The approved cards that these ones would take the place of."""
        cards = self.search(
            [("procedure_id", "in", self.procedure_id.ids), ("state", "=", "approved")]
        )
        keys = {card._key() for card in self}
        return cards.filtered(lambda card: card._key() in keys)

    def _key(self):
        return self.procedure_id.id, self.department_id.id

    def _plan_again(self):
        """Planned cases of these procedures take up what is in force now."""
        # A schedule belongs to nobody: a card of all departments touches their cases.
        cases = self.env["med.case"].sudo()
        cases.search(
            [
                ("procedure_id", "in", self.procedure_id.ids),
                ("state", "=", "planned"),
                ("start", ">=", fields.Datetime.now()),
            ]
        )._plan_use()

    def _check_manager(self):
        self.check_access("write")
        if self.env.su or self.env.user.has_group("med_consumables.group_ward_manager"):
            return
        raise AccessError(
            self.env._("A ward manager approves preference cards; ask yours.")
        )

    def _check_draft(self):
        for card in self:
            if card.state != "draft":
                raise UserError(
                    self.env._(
                        "%(card)s is in force or was. Withdraw it to change it, or "
                        "duplicate it.",
                        card=card.display_name,
                    )
                )

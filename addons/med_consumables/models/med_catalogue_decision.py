from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

#: What was decided stays as it was.
SETTLED = {"date", "committee", "minutes", "minutes_name", "line_ids"}


class MedCatalogueDecision(models.Model):
    """One meeting of the committee on consumables, and what it decided on items.

    draft ──> decided ──> cancelled       cancelling gives back what was before
      └────────────────────┘
    """

    _name = "med.catalogue.decision"
    _description = "Catalogue Decision"
    _inherit = ["med.numbered", "med.stepped", "mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True
    _med_set_by_steps = frozenset({"name", "state", "decided_by_id"})

    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    committee = fields.Char(
        required=True,
        tracking=True,
        default=lambda self: self.env._("Committee on Medical Consumables"),
        help="Who decided.",
    )
    date = fields.Date(
        required=True,
        tracking=True,
        copy=False,
        default=fields.Date.context_today,
        help="Day of the meeting.",
    )
    minutes = fields.Binary(
        copy=False, attachment=True, help="The signed minutes of the meeting."
    )
    minutes_name = fields.Char(string="Minutes File", copy=False)
    note = fields.Text()
    line_ids = fields.One2many(
        "med.catalogue.decision.line", "decision_id", string="Items", copy=True
    )
    line_count = fields.Integer(string="Number of Items", compute="_compute_line_count")
    state = fields.Selection(
        [("draft", "Draft"), ("decided", "Decided"), ("cancelled", "Cancelled")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
    )
    decided_by_id = fields.Many2one(
        "res.users", string="Entered by", readonly=True, copy=False
    )

    @api.depends("line_ids")
    def _compute_line_count(self):
        for decision in self:
            decision.line_count = len(decision.line_ids)

    def write(self, vals):
        self.check_access("write")
        if not self.env.su and SETTLED & vals.keys():
            self._check_not_settled()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        for decision in self:
            if decision.state != "draft":
                raise UserError(
                    self.env._(
                        "%(decision)s is part of the record of the committee and "
                        "cannot be deleted. Cancel it instead.",
                        decision=decision.name,
                    )
                )

    def _check_not_settled(self):
        settled = self.filtered(lambda decision: decision.state != "draft")
        if settled:
            raise UserError(
                self.env._(
                    "%(decision)s is %(state)s and stays as it is. Enter a new "
                    "decision instead.",
                    decision=settled[0].name,
                    state=settled[0]._state_name(),
                )
            )

    def _state_name(self):
        return dict(self._fields["state"]._description_selection(self.env))[self.state]

    def action_decide(self):
        """Enter the decision: the items change as their lines say."""
        self.check_access("write")
        self._check_administrator()
        for decision in self:
            decision._check_may_decide()
            decision._check_certificates()
            decision.line_ids._apply()
        # On behalf of the administrator: only this button may set the state.
        self.sudo().write({"state": "decided", "decided_by_id": self.env.uid})
        return True

    def action_cancel(self):
        """Give the items back what they were before, where nothing came after."""
        self.check_access("write")
        self._check_administrator()
        for decision in self:
            if decision.state == "decided":
                decision.line_ids._revert()
        self.sudo().write({"state": "cancelled"})  # see action_decide
        return True

    def action_draft(self):
        """Begin again from a cancelled decision."""
        self.check_access("write")
        self._check_administrator()
        if any(decision.state != "cancelled" for decision in self):
            raise UserError(
                self.env._("Only a cancelled decision can become a draft again.")
            )
        self.sudo().write({"state": "draft", "decided_by_id": False})  # as above
        return True

    def _check_certificates(self):
        """Who enters the catalogue has its certificates, as the company's policy asks.

        What the policy lets pass stays on record here.
        """
        entries = ("list", "temporary")
        entering = self.line_ids.filtered(lambda line: line.action in entries)
        items = entering.product_tmpl_id.with_company(self.company_id)
        warnings = items._med_check_certificates("catalogue") if items else []
        if warnings:
            lines = Markup().join(Markup("<li>%s</li>") % text for text in warnings)
            self.message_post(body=Markup("<ul>%s</ul>") % lines)

    def _check_administrator(self):
        if not self.env.su and not self.env.user.has_group(
            "med_consumables.group_administrator"
        ):
            raise AccessError(
                self.env._(
                    "An administrator of consumables enters and cancels decisions of "
                    "the committee."
                )
            )

    def _check_may_decide(self):
        self.ensure_one()
        if self.state != "draft":
            raise UserError(
                self.env._(
                    "%(decision)s is %(state)s already.",
                    decision=self.name,
                    state=self._state_name(),
                )
            )
        if not self.line_ids:
            raise UserError(
                self.env._(
                    "%(decision)s names no item. Add what was decided on which item.",
                    decision=self.name,
                )
            )
        if not self.minutes:
            raise UserError(
                self.env._(
                    "Attach the signed minutes to %(decision)s before you enter it.",
                    decision=self.name,
                )
            )

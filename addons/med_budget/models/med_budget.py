from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL


class MedBudget(models.Model):
    """Money for the cost centres of a company in a period.

        draft ──> approved ──> closed
                      └─ revise ─> a new draft, whose approval closes this one

    An approved budget never changes: what orders were checked against stays readable.
    One approved budget per cost centre and day, so that every amount has one place.
    """

    _name = "med.budget"
    _description = "Budget"
    _inherit = ["med.stepped", "mail.thread", "mail.activity.mixin"]
    _order = "date_from desc, name, revision desc"
    _check_company_auto = True
    _med_set_by_steps = frozenset({"state", "revision", "revises_id"})

    name = fields.Char(required=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_from = fields.Date(
        string="From",
        required=True,
        tracking=True,
        default=lambda self: self._default_year().replace(month=1, day=1),
    )
    date_to = fields.Date(
        string="To",
        required=True,
        tracking=True,
        default=lambda self: self._default_year().replace(month=12, day=31),
    )
    user_id = fields.Many2one(
        "res.users",
        string="Person in Charge",
        tracking=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        help="Is called when money runs short.",
    )
    policy = fields.Selection(
        [("block", "Refuse the order"), ("warn", "Warn and let the order pass")],
        string="When It Is Short",
        required=True,
        default="block",
        tracking=True,
        help="What happens to an order that a line of this budget cannot pay.",
    )
    month_policy = fields.Selection(
        [
            ("pass", "The whole period counts"),
            ("warn", "Warn and let the order pass"),
            ("block", "Refuse the order"),
        ],
        string="When the Months Are Short",
        required=True,
        default="pass",
        tracking=True,
        help="What happens to an order that the period pays and its months up to this "
        "one do not. What a month leaves is carried to the next.",
    )
    line_ids = fields.One2many("med.budget.line", "budget_id", copy=True)
    note = fields.Html()
    revision = fields.Integer(readonly=True, copy=False, default=1)
    revises_id = fields.Many2one(
        "med.budget", readonly=True, copy=False, index="btree_not_null"
    )
    revised_by_ids = fields.One2many("med.budget", "revises_id", readonly=True)
    planned = fields.Monetary(compute="_compute_figures")
    requested = fields.Monetary(compute="_compute_figures")
    ordered = fields.Monetary(compute="_compute_figures")
    spent = fields.Monetary(compute="_compute_figures")
    available = fields.Monetary(compute="_compute_figures")
    used_rate = fields.Float(string="Used (%)", compute="_compute_figures")
    planned_to_date = fields.Monetary(
        string="Planned So Far", compute="_compute_figures"
    )
    available_to_date = fields.Monetary(
        string="Available Now", compute="_compute_figures"
    )
    state = fields.Selection(
        [("draft", "Draft"), ("approved", "Approved"), ("closed", "Closed")],
        required=True,
        readonly=True,
        copy=False,
        default="draft",
        tracking=True,
        index=True,
    )

    _period_is_one = models.Constraint(
        "CHECK(date_from <= date_to)", "A budget's period ends before it begins."
    )

    @api.model
    def _default_year(self):
        return fields.Date.context_today(self)

    @api.depends("name", "revision")
    def _compute_display_name(self):
        for budget in self:
            budget.display_name = (
                self.env._(
                    "%(name)s (revision %(number)s)",
                    name=budget.name,
                    number=budget.revision,
                )
                if budget.revision > 1
                else budget.name
            )

    @api.depends("line_ids.planned", "line_ids.month_ids.planned")
    def _compute_figures(self):
        figures = self.line_ids._origin._figures()
        for budget in self:
            total = budget.line_ids._total(figures)
            budget.planned = total.planned
            budget.requested = total.requested
            budget.ordered = total.ordered
            budget.spent = total.spent
            budget.available = total.available
            budget.used_rate = total.used_rate
            budget.planned_to_date = total.planned_to_date
            budget.available_to_date = total.available_to_date

    @api.constrains("date_from", "date_to", "company_id", "state")
    def _check_one_budget_per_cost_centre(self):
        for budget in self.filtered(lambda each: each.state == "approved"):
            twin = budget._overlapping_lines()[:1]
            if twin:
                raise ValidationError(
                    self.env._(
                        "%(account)s has an approved budget for these days already: "
                        "%(budget)s.\nRevise that one, or close it first.",
                        account=twin.analytic_account_id.display_name,
                        budget=twin.budget_id.display_name,
                    )
                )

    def _overlapping_lines(self):
        """Lines of other approved budgets for the same cost centres and days."""
        self.ensure_one()
        return self.env["med.budget.line"].search(
            [
                ("budget_id", "!=", self.id),
                ("budget_id.state", "=", "approved"),
                ("budget_id.company_id", "=", self.company_id.id),
                ("budget_id.date_from", "<=", self.date_to),
                ("budget_id.date_to", ">=", self.date_from),
                ("analytic_account_id", "in", self.line_ids.analytic_account_id.ids),
            ]
        )

    def write(self, vals):
        entered = {
            name
            for name in vals
            if name in self._fields
            and not name.startswith(("message_", "activity_", "my_activity_"))
        }
        if entered - self._med_set_by_steps - {"note", "user_id"}:
            self._check_draft()
        result = super().write(vals)
        if vals.keys() & {"date_from", "date_to"}:
            self.line_ids._match_months()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        self._check_draft()

    def _check_draft(self):
        """What orders are checked against does not change, for anybody."""
        for budget in self:
            if budget.state != "draft":
                raise UserError(
                    self.env._(
                        "%(budget)s is %(state)s and does not change any more.\n"
                        "Use Revise: it makes a new draft, whose approval replaces "
                        "this budget.",
                        budget=budget.display_name,
                        state=dict(
                            self._fields["state"]._description_selection(self.env)
                        )[budget.state],
                    )
                )

    def action_approve(self):
        """Put drafts in force; a revision takes the place of what it revises."""
        self._check_owner()
        self._take_turns()
        for budget in self:
            if budget.state != "draft":
                continue
            if not budget.line_ids:
                raise UserError(
                    self.env._(
                        "%(budget)s has no line, so it would pay for nothing. "
                        "Enter at least one cost centre.",
                        budget=budget.display_name,
                    )
                )
            budget.line_ids._check_months()
            replaced = budget.revises_id.filtered(lambda each: each.state == "approved")
            replaced._move("closed")
            budget._move("approved")
            (replaced | budget).line_ids._touch_alerts()

    def action_close(self):
        """End a budget; from now on its cost centres have none for its days."""
        self._check_owner()
        ended = self.filtered(lambda budget: budget.state == "approved")
        ended._move("closed")
        ended.line_ids._touch_alerts()

    def action_revise(self):
        """Open the draft of the next revision; the approved one stays in force."""
        self.ensure_one()
        self._check_owner()
        draft = self.revised_by_ids.filtered(lambda each: each.state == "draft")[:1]
        if not draft:
            if self.state != "approved":
                raise UserError(
                    self.env._("Only an approved budget is revised; edit this one.")
                )
            draft = self.copy({"name": self.name})
            draft._mark_revision_of(self)
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": draft.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def action_open_entries(self):
        return self.line_ids._action_entries()

    def action_open_lines(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_budget.med_budget_line_action"
        )
        action["domain"] = [("budget_id", "=", self.id)]
        action["context"] = {}
        return action

    def _line_like(self, line):
        """This budget's line for the same cost centre and category as ``line``."""
        found = self.line_ids.filtered(
            lambda each: (
                each.analytic_account_id == line.analytic_account_id
                and each.categ_id == line.categ_id
            )
        )
        if not found:
            raise UserError(
                self.env._(
                    "%(budget)s has no line for %(line)s any more.",
                    budget=self.display_name,
                    line=line.display_name,
                )
            )
        return found

    def _take_turns(self):
        """Let one budget at a time be approved for a cost centre, until it commits.

        Two that are approved at the same moment do not see each other. Writing the rows
        of their cost centres makes the second wait, fail and start anew (Odoo retries
        it), and then it sees the first. Nothing of the rows changes.
        """
        accounts = self.line_ids.analytic_account_id
        if accounts:
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE account_analytic_account SET write_date = write_date
                     WHERE id IN (SELECT id FROM account_analytic_account WHERE id IN %s
                                   ORDER BY id FOR NO KEY UPDATE)
                    """,
                    tuple(accounts.ids),
                )
            )

    def _check_owner(self):
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group(
            "med_budget.group_budget_owner"
        ):
            raise AccessError(
                self.env._("Budgets are approved, closed and revised by finance.")
            )

    def _move(self, state):
        # On behalf of the budget owner: the state is not theirs to enter.
        self.sudo().write({"state": state})

    def _mark_revision_of(self, budget):
        # On behalf of the budget owner: a revision's origin is not theirs to enter.
        self.sudo().write({"revises_id": budget.id, "revision": budget.revision + 1})

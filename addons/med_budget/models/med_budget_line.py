from dataclasses import replace

from odoo import api, fields, models
from odoo.tools import SQL

from ..core.availability import Figures
from .med_alert_rule_budget import BUDGET_KINDS

KINDS = ("requested", "ordered", "spent")


def _by_months(vals):
    """Whether months were entered and what is planned was not."""
    return "month_ids" in vals and "planned" not in vals


class MedBudgetLine(models.Model):
    """Money of one cost centre, for one product category or for all the rest.

    An amount counts on the line whose category is nearest above the product's; the
    line without category takes what no other line of the cost centre takes. So every
    amount counts once and lines add up.
    """

    _name = "med.budget.line"
    _description = "Budget Line"
    _order = "budget_id, analytic_account_id, categ_id, id"
    _check_company_auto = True

    budget_id = fields.Many2one(
        "med.budget", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="budget_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_from = fields.Date(related="budget_id.date_from")
    date_to = fields.Date(related="budget_id.date_to")
    state = fields.Selection(related="budget_id.state", store=True)
    analytic_account_id = fields.Many2one(
        "account.analytic.account",
        string="Cost Centre",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    categ_id = fields.Many2one(
        "product.category",
        string="Product Category",
        ondelete="restrict",
        help="Only products of this category and those below it. Empty: whatever no "
        "other line of this cost centre names.",
    )
    planned = fields.Monetary(required=True, default=0.0)
    requested = fields.Monetary(
        compute="_compute_figures",
        help="Approved requests that are not ordered yet.",
    )
    ordered = fields.Monetary(
        compute="_compute_figures",
        help="Confirmed orders that are not received yet, taxes included.",
    )
    spent = fields.Monetary(
        compute="_compute_figures", help="Cost of what was used, net of returns."
    )
    available = fields.Monetary(
        compute="_compute_figures",
        help="Planned, less requested, ordered and spent. Goods received and not used "
        "yet lie in stock and count in none of them.",
    )
    used_rate = fields.Float(string="Used (%)", compute="_compute_figures")
    planned_to_date = fields.Monetary(
        string="Planned So Far",
        compute="_compute_figures",
        help="What is planned for this month and those before it.",
    )
    available_to_date = fields.Monetary(
        string="Available Now",
        compute="_compute_figures",
        help="Planned so far, less requested, ordered and spent: what a month leaves "
        "is carried to the next one.",
    )
    checked_on = fields.Datetime(
        string="Last Order Checked",
        readonly=True,
        copy=False,
        help="Orders are checked against a line one after the other.",
    )

    _one_per_category = models.UniqueIndex(
        "(budget_id, analytic_account_id, COALESCE(categ_id, 0))",
        "This cost centre has a line for the same category already.",
    )
    _planned_not_negative = models.Constraint(
        "CHECK(planned >= 0)", "A planned amount is not negative."
    )

    @api.depends("analytic_account_id", "categ_id")
    def _compute_display_name(self):
        for line in self:
            line.display_name = " / ".join(
                part
                for part in (line.analytic_account_id.name, line.categ_id.name)
                if part
            )

    @api.depends("planned", "analytic_account_id", "categ_id", "month_ids.planned")
    def _compute_figures(self):
        figures = self._origin._figures()
        for line in self:
            known = figures.get(line._origin.id, Figures(planned_to_date=0.0))
            now = replace(known, planned=line.planned)
            line.requested = now.requested
            line.ordered = now.ordered
            line.spent = now.spent
            line.available = now.available
            line.used_rate = now.used_rate
            line.planned_to_date = now.planned_to_date
            line.available_to_date = now.available_to_date

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.budget_id._check_draft()
        lines._match_months(
            line
            for line, vals in zip(lines, vals_list, strict=True)
            if _by_months(vals)
        )
        return lines

    def write(self, vals):
        self.check_access("write")
        self.budget_id._check_draft()
        result = super().write(vals)
        if "budget_id" in vals:
            self.budget_id._check_draft()
        if vals.keys() & {"planned", "month_ids", "budget_id"}:
            self._match_months(self if _by_months(vals) else ())
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        self.budget_id._check_draft()

    # ---- what the figures are made of ------------------------------------------------

    def action_open_requested(self):
        return self._action_entries("requested")

    def action_open_ordered(self):
        return self._action_entries("ordered")

    def action_open_spent(self):
        return self._action_entries("spent")

    def action_open_entries(self):
        return self._action_entries()

    def action_open_months(self):
        """The months of this line, to be entered while the budget is a draft."""
        self.ensure_one()
        view = self.env.ref("med_budget.med_budget_line_view_form_months")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Months of %(line)s", line=self.display_name),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(view.id, "form")],
            "target": "new",
        }

    def _action_entries(self, kind=None):
        """What a figure is made of: the list adds up to it."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_budget.med_budget_entry_action"
        )
        domain = [("budget_line_id", "in", self.ids)]
        if kind:
            domain.append(("kind", "=", kind))
            labels = self.env["med.budget.entry"]._fields["kind"]
            action["name"] = dict(labels._description_selection(self.env))[kind]
        action["domain"] = domain
        action["context"] = {}
        return action

    def _figures(self, as_if=None):
        """Money of these lines: ``{line id: Figures}``, by one statement.

        ``as_if`` are orders that count as confirmed, or requests as approved, today.
        """
        sums = self._sums_of_entries(as_if)
        to_date = self._planned_to_date()
        return {
            line.id: Figures(
                line.planned,
                *(sums.get((line.id, kind), 0.0) for kind in KINDS),
                planned_to_date=to_date.get(line.id, 0.0),
            )
            for line in self
        }

    def _touch_alerts(self):
        """Rules look again at what these lines have left."""
        touch = self.env["med.alert.touch"]
        for kind, _label in BUDGET_KINDS:
            touch._touch_records(kind, self.ids)

    def _take_turns(self):
        """Let one order at a time be checked against these lines, until it commits.

        Reading is not enough: a transaction reads the state at its own start. Writing
        the row makes the second of two concurrent orders wait, fail and start anew
        (Odoo retries it), and then it sees the first. Rows are taken in one order, so
        that two orders never wait for each other.
        """
        if not self:
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE med_budget_line SET checked_on = %s
                 WHERE id IN (SELECT id FROM med_budget_line WHERE id IN %s
                               ORDER BY id FOR NO KEY UPDATE)
                """,
                fields.Datetime.now(),
                tuple(self.ids),
            )
        )
        self.invalidate_recordset(["checked_on"])

    def _total(self, figures):
        """The ``figures`` of all these lines together; planned as it is entered now."""
        known = [figures[line.id] for line in self._origin]
        return Figures(
            planned=sum(self.mapped("planned")),
            requested=sum(each.requested for each in known),
            ordered=sum(each.ordered for each in known),
            spent=sum(each.spent for each in known),
            planned_to_date=sum(each.planned_to_date for each in known),
        )

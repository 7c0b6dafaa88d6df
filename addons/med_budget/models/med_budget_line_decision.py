from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_amount

from ..core.availability import decide


class MedBudgetLine(models.Model):
    """What budget lines say to an order or a request: the decision and its words."""

    # The figures are one idea, what follows from them another: med_budget_line.py.
    # pylint: disable-next=consider-merging-classes-inherited
    _inherit = "med.budget.line"

    @api.model
    def _in_force(self, company, days):
        """Domain of the lines of ``company`` that count on one of ``days``."""
        return (
            Domain("budget_id.state", "=", "approved")
            & Domain("company_id", "=", company.id)
            & Domain.OR(
                Domain("budget_id.date_from", "<=", day)
                & Domain("budget_id.date_to", ">=", day)
                for day in days
            )
        )

    def _decisions(self, as_if):
        """What each of these lines says to agreeing to ``as_if`` now.

        Orders count as confirmed, requests as approved. Lines that bear nothing of
        them say nothing.
        """
        before, after = self._figures(), self._figures(as_if)
        return {
            line: line._decide(before[line.id], after[line.id])
            for line in self
            if after[line.id] != before[line.id]
        }

    def _decide(self, before, after):
        """What this line says to what leads from ``before`` to ``after``."""
        budget = self.budget_id
        return decide(
            before,
            after,
            budget.policy,
            self.currency_id.rounding,
            budget.month_policy,
        )

    def _text_of(self, decision):
        """What ``decision`` says about this line, with every number."""
        self.ensure_one()

        def money(amount):
            return format_amount(self.env, amount, self.currency_id)

        figures = {
            "line": self.display_name,
            "budget": self.budget_id.display_name,
            "planned": money(decision.before.planned),
            "requested": money(decision.still_requested),
            "ordered": money(decision.before.ordered),
            "spent": money(decision.before.spent),
            "this": money(decision.adds),
            "short": money(decision.short_by),
        }
        if decision.of_months:
            return self.env._(
                "%(line)s (%(budget)s): %(so_far)s of %(planned)s are planned up to "
                "this month, requested %(requested)s, ordered %(ordered)s, spent "
                "%(spent)s; with %(this)s more, short by %(short)s this month.",
                so_far=money(decision.before.planned_to_date),
                **figures,
            )
        return self.env._(
            "%(line)s (%(budget)s): planned %(planned)s, requested %(requested)s, "
            "ordered %(ordered)s, spent %(spent)s; with %(this)s more, "
            "short by %(short)s.",
            **figures,
        )

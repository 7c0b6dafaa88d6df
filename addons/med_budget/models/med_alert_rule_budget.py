from odoo import api, fields, models
from odoo.addons.med_alerts.core.kind import MORE, Kind, Measure
from odoo.fields import Domain

BUDGET_KINDS = [
    ("budget_used", "Budget is being used up"),
    ("budget_ahead", "Budget is ahead of its months"),
]


class MedAlertRule(models.Model):
    """Kinds about money: one subject per line of an approved budget in force."""

    _inherit = "med.alert.rule"

    kind = fields.Selection(
        selection_add=BUDGET_KINDS,
        ondelete={name: "cascade" for name, _label in BUDGET_KINDS},
    )

    @api.model
    def _kinds(self):
        money = Kind("paper", worse=MORE, unit="percent")
        return {
            **super()._kinds(),
            **{name: money for name, _label in BUDGET_KINDS},
        }

    @api.model
    def _trace_subjects(self):
        kinds = [name for name, _label in BUDGET_KINDS]
        return {
            **super()._trace_subjects(),
            "med.budget.line": dict.fromkeys(kinds, ("med.budget.line", "id")),
            "med.budget": dict.fromkeys(kinds, ("med.budget.line", "budget_id")),
        }

    def _measure_budget_used(self, look):
        """Percent of the period's money that is requested, ordered and spent."""
        return self._budget_measures(look, lambda figures: figures.used_rate)

    def _measure_budget_ahead(self, look):
        """The same of what is planned up to the end of this month.

        In the last month it would say what *used up* says.
        """
        return self._budget_measures(
            look,
            lambda figures: figures.used_rate_to_date,
            lambda figures: figures.planned_to_date < figures.planned,
        )

    def _budget_measures(self, look, measure, matters=lambda figures: True):
        if look.pairs is not None:
            return
        lines = self.env["med.budget.line"].search(self._budget_domain(look))
        figures = lines._figures()
        for line in lines.filtered(lambda line: matters(figures[line.id])):
            known = figures[line.id]
            yield Measure(
                key=f"budget {line.id}",
                measured=round(measure(known), 2),
                values={
                    "subject_model": line._name,
                    "subject_id": line.id,
                    "subject_name": line.display_name,
                    "department_id": line.analytic_account_id.med_department_ids[:1].id,
                    "company_id": line.company_id.id,
                },
                inputs={
                    "budget": line.budget_id.display_name,
                    "planned": known.planned,
                    "planned_to_date": known.planned_to_date,
                    "requested": known.requested,
                    "ordered": known.ordered,
                    "spent": known.spent,
                    "available": known.available,
                    "named_id": line.budget_id.user_id.id,
                },
            )

    def _budget_domain(self, look):
        """Lines of budgets in force that this rule watches."""
        domain = Domain("budget_id.state", "=", "approved")
        companies = self.company_id or self.env.companies
        domain &= Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("budget_id.date_from", "<=", day)
            & Domain("budget_id.date_to", ">=", day)
            for company in companies
            for day in [company._med_day(fields.Datetime.now())]
        )
        if self.department_ids:
            centres = self._department_scope().analytic_account_id
            domain &= Domain("analytic_account_id", "in", centres.ids)
        if look.records is not None:
            domain &= Domain("id", "in", list(look.records))
        return domain

    def _explain_budget_used(self, alert):
        return self.env._(
            "%(line)s (%(budget)s) has used %(percent)s %% of its money, which is at "
            "or above %(threshold)s %%.\n"
            "Planned %(planned)s, requested %(requested)s, ordered %(ordered)s, spent "
            "%(spent)s; %(available)s are available.",
            **self._budget_words(alert),
        )

    def _explain_budget_ahead(self, alert):
        return self.env._(
            "%(line)s (%(budget)s) has used %(percent)s %% of what is planned up to "
            "this month, which is at or above %(threshold)s %%.\n"
            "Planned so far %(planned_to_date)s of %(planned)s, requested "
            "%(requested)s, ordered %(ordered)s, spent %(spent)s.",
            **self._budget_words(alert),
        )

    def _budget_words(self, alert):
        inputs = alert.inputs or {}
        money = (
            "planned",
            "planned_to_date",
            "requested",
            "ordered",
            "spent",
            "available",
        )
        return {
            "line": alert.subject_name,
            "budget": inputs.get("budget") or "",
            "percent": alert._format_quantity(alert._at_a_glance()),
            "threshold": alert._format_quantity(alert.threshold),
            **{name: alert._format_money(inputs.get(name) or 0.0) for name in money},
        }

    def _why_no_measure(self, product=None, place=None):
        if self.kind not in dict(BUDGET_KINDS):
            return super()._why_no_measure(product, place)
        if self.kind == "budget_ahead":
            return self.env._(
                "No approved budget is in force for it, it is outside the scope of the "
                "rule, or its last month has begun."
            )
        return self.env._(
            "No approved budget is in force for it, or it is outside the scope of the "
            "rule."
        )

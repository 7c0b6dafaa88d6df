from decimal import Decimal

from odoo import fields, models
from odoo.addons.med_consumables.core.apportion import apportion
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_amount, format_date

from ..core.months import even_weights, kept_weights, months_of


class MedBudgetLine(models.Model):
    """The months of a budget line: they always add up to what is planned."""

    # Money of a period is one idea, its months another: med_budget_line.py.
    # pylint: disable-next=consider-merging-classes-inherited
    _inherit = "med.budget.line"

    month_ids = fields.One2many(
        "med.budget.month", "line_id", string="Months", copy=True
    )

    def _match_months(self, by_months=()):
        """Let months and planned agree: one of them has just been entered.

        ``by_months`` are the lines whose months were: they decide what is planned. For
        the others what is planned is spread as it was before, evenly where it was not.
        """
        for line in by_months:
            line._sum_of_months()
        self.browse().union(*by_months)._check_months()
        self.filtered(lambda line: not line._months_agree())._spread()

    def _sum_of_months(self):
        total = self.currency_id.round(sum(self.month_ids.mapped("planned")))
        if self.currency_id.compare_amounts(total, self.planned):
            self.planned = total

    def _months_agree(self):
        """Whether the months are those of the period and add up to what is planned."""
        self.ensure_one()
        months = self.month_ids.sorted("month")
        total = sum(months.mapped("planned"))
        return months.mapped("month") == months_of(
            self.date_from, self.date_to
        ) and not self.currency_id.compare_amounts(total, self.planned)

    def _check_months(self):
        """Refuse lines whose months are not those of the period, or do not add up."""
        for line in self.filtered(lambda line: not line._months_agree()):
            total = sum(line.month_ids.mapped("planned"))
            raise ValidationError(
                self.env._(
                    "The months of %(line)s add up to %(total)s, planned are "
                    "%(planned)s, from %(first)s to %(last)s.\n"
                    "Enter either of them, or spread the amount over the months again.",
                    line=line.display_name,
                    total=format_amount(self.env, total, line.currency_id),
                    planned=format_amount(self.env, line.planned, line.currency_id),
                    first=format_date(self.env, line.date_from),
                    last=format_date(self.env, line.date_to),
                )
            )

    def _spread(self, weights_by_line=None):
        """Spread what is planned over the months of the period, to the cent.

        ``weights_by_line``: ``{line: weights}`` of its months; the others keep their
        shape.
        """
        rows = []
        for line in self:
            months = months_of(line.date_from, line.date_to)
            known = {month.month: month.planned for month in line.month_ids}
            weights = (weights_by_line or {}).get(line) or kept_weights(known, months)
            weights = weights or even_weights(line.date_from, line.date_to)
            coin = Decimal(str(line.currency_id.rounding))
            whole = Decimal(str(line.currency_id.round(line.planned)))
            shares = apportion(whole, weights, coin)
            rows += [
                {"line_id": line.id, "month": month, "planned": float(share)}
                for month, share in zip(months, shares, strict=True)
            ]
        self.month_ids.unlink()
        self.env["med.budget.month"].create(rows)

    def _planned_to_date(self):
        """``{line id: what its months up to today's are given}``, by one query."""
        days = {
            company: company._med_day(fields.Datetime.now())
            for company in self.company_id
        }
        groups = self.env["med.budget.month"]._read_group(
            Domain("line_id", "in", self.ids)
            & Domain.OR(
                Domain("company_id", "=", company.id) & Domain("month", "<=", day)
                for company, day in days.items()
            ),
            ["line_id"],
            ["planned:sum"],
        )
        return {line.id: planned for line, planned in groups}

    def _used_by_month(self):
        """``{(line id, first day of a month): amount}`` of all that counts on it."""
        if not self:
            return {}
        self._flush_sources()
        rows = self.env.execute_query(
            SQL(
                "SELECT line_id, date_trunc('month', date)::date, sum(amount) "
                "FROM (%s) entry GROUP BY 1, 2",
                self._entries_query(self.ids),
            )
        )
        return {(line, month): float(amount) for line, month, amount in rows}

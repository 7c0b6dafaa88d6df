from odoo import fields, models
from odoo.tools.misc import format_date, format_datetime
from odoo.tools.translate import LazyTranslate

from ..core.consumption_workbook import Line, Words

_lt = LazyTranslate(__name__)

#: What the figures mean, on the sheet "About".
DEFINITIONS = (
    (
        _lt("Day"),
        _lt(
            "The day of use by the clock of the hospital, not the day on which the use "
            "was reported or posted."
        ),
    ),
    (
        _lt("Net quantity"),
        _lt(
            "Use and waste less returns, in the unit of the product. Transfers between "
            "shelves, counts and receipts are not in it."
        ),
    ),
    (
        _lt("Net cost"),
        _lt(
            "The value that stock gave up for the net quantity, as it was posted and "
            "charged to the cost centre. It includes the tax that the hospital cannot "
            "deduct."
        ),
    ),
    (
        _lt("Status"),
        _lt(
            "Only posted lines bear a cost. %(without)s of %(lines)s lines here have "
            "none: they wait to be posted, are incidents, or took place before the "
            "opening date."
        ),
    ),
    (_lt("Cost centre"), _lt("The cost centre that the department has today.")),
    (
        _lt("Summary"),
        _lt(
            "Net cost by department and product category. Its totals are formulas; the "
            "last row compares them with the sheet of lines."
        ),
    ),
    (
        _lt("Who sees what"),
        _lt(
            "The lines that %(user)s may read: a ward manager gets the own "
            "departments, others the whole hospital."
        ),
    ),
)


class ReportConsumptionXlsx(models.AbstractModel):
    """The words of the workbook: titles, headings, and what the figures mean."""

    _inherit = "report.med_analytics.report_consumption_xlsx"

    def _words(self, export):
        columns = self._headings(export)
        return Words(
            title=self.env._("Consumption of medical consumables"),
            subtitle=self.env._(
                "%(company)s, %(start)s to %(end)s",
                company=export.company_id.name,
                start=format_date(self.env, export.date_from),
                end=format_date(self.env, export.date_to),
            ),
            sheet_names=(
                self.env._("Summary"),
                self.env._("Lines"),
                self.env._("About"),
            ),
            columns=tuple(columns[name] for name in Line._fields),
            department=self.env._("Department"),
            total=self.env._("Total"),
            lines_total=self.env._("Total of the sheet of lines"),
            difference=self.env._("Difference (must be zero)"),
            about=tuple(self._about(export)),
            page=self.env._("Page"),
        )

    def _headings(self, export):
        return {
            "day": self.env._("Day"),
            "department": self.env._("Department"),
            "cost_centre": self.env._("Cost centre"),
            "code": self.env._("Code"),
            "product": self.env._("Product"),
            "category": self.env._("Category"),
            "value_class": self.env._("Value class"),
            "abc": self.env._("ABC"),
            "ved": self.env._("VED"),
            "kind": self.env._("Kind"),
            "quantity": self.env._("Net quantity"),
            "unit": self.env._("Unit"),
            "cost": self.env._(
                "Net cost (%(currency)s)", currency=export.company_id.currency_id.name
            ),
            "lot": self.env._("Lot"),
            "source": self.env._("Source"),
            "state": self.env._("Status"),
        }

    def _about(self, export):
        """What somebody must know who finds this file on a disk next year."""
        everything = self.env._("All")
        currency = export.company_id.currency_id
        return [
            (self.env._("Hospital"), export.company_id.name),
            (
                self.env._("Period"),
                f"{export.date_from:%Y-%m-%d} … {export.date_to:%Y-%m-%d}",
            ),
            (
                self.env._("Departments"),
                ", ".join(export.department_ids.mapped("display_name")) or everything,
            ),
            (
                self.env._("Product categories"),
                ", ".join(export.category_ids.mapped("complete_name")) or everything,
            ),
            (self.env._("Made by"), self.env.user.name),
            (
                self.env._("Made at"),
                format_datetime(self.env, fields.Datetime.now()),
            ),
            (self.env._("Currency"), f"{currency.name} ({currency.symbol})"),
            *self._definitions(export),
        ]

    def _definitions(self, export):
        figures = {
            "without": export.uncosted_count,
            "lines": export.line_count,
            "user": self.env.user.name,
        }
        return [
            (self.env._(name), self.env._(text) % figures) for name, text in DEFINITIONS
        ]

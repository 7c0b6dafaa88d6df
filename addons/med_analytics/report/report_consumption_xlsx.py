from odoo import fields, models
from odoo.tools.misc import format_date, format_datetime

from ..core.consumption_workbook import (
    ConsumptionWorkbook,
    Formats,
    Line,
    Words,
    money_format,
)

#: Where each column of the workbook comes from in the consumption report.
SOURCES = {
    "day": "day",
    "department": "department_id",
    "cost_centre": "analytic_account_id",
    "code": "product_id",
    "product": "product_id",
    "category": "categ_id",
    "value_class": "value_class",
    "abc": "abc",
    "ved": "ved",
    "kind": "kind",
    "quantity": "quantity",
    "unit": "uom_id",
    "cost": "value",
    "lot": "lot_id",
    "source": "source",
    "state": "state",
}
#: How records are written; display_name where nothing else is said.
NAMES = {
    "code": "default_code",
    "category": "complete_name",
    "unit": "name",
    "lot": "name",
}


class ReportConsumptionXlsx(models.AbstractModel):
    """The consumption of a period as a workbook, in the language of its reader."""

    _name = "report.med_analytics.report_consumption_xlsx"
    _inherit = "report.report_xlsx.abstract"
    _description = "Consumption Workbook"

    def get_workbook_options(self):
        return {**super().get_workbook_options(), "constant_memory": True}

    def generate_xlsx_report(self, workbook, data, objs):
        objs.ensure_one()
        self = self.with_context(lang=self.env.user.lang)  # noqa: PLW0642
        export = objs.with_env(self.env)
        currency = export.company_id.currency_id
        workbook.set_properties(
            {"title": export.display_name, "company": export.company_id.name}
        )
        formats = Formats(
            money=money_format(
                currency.symbol, currency.position == "before", currency.decimal_places
            ),
            quantity="#,##0.00",
            day="yyyy-mm-dd",
            font=self._font(),
            money_digits=currency.decimal_places,
        )
        ConsumptionWorkbook(workbook, self._words(export), formats).write(
            self._lines(export)
        )

    def _font(self):
        """A typeface that has Chinese characters, also where there is no better."""
        parameters = self.env["ir.config_parameter"].sudo()  # reading a setting
        return parameters.get_param("med_analytics.xlsx_font") or "等线"

    # -- Lines --------------------------------------------------------------------

    def _lines(self, export):
        """The rows of the sheet of lines, read in one query and named in a few."""
        report = self.env["med.consumption.report"]
        query = report._search(export._domain(), order="day, department_id, id")
        columns = {
            name: report._field_to_sql(report._table, name, query)
            for name in dict.fromkeys(SOURCES.values())
        }
        rows = self.env.execute_query(query.select(*columns.values()))
        by_field = dict(zip(columns, zip(*rows, strict=True), strict=True))
        return map(
            Line._make,
            zip(
                *(
                    self._named(report, name, column, by_field[column])
                    for name, column in SOURCES.items()
                ),
                strict=True,
            ),
        )

    def _named(self, report, name, column, values):
        """The values of one column as the reader sees them."""
        field = report._fields[column]
        if field.type == "many2one":
            records = self.env[field.comodel_name].browse({v for v in values if v})
            # As in any list: who may read a line may read the names on it.
            records = records.sudo().with_context(display_default_code=False)
            shown = NAMES.get(name, "display_name")
            names = {record.id: record[shown] or "" for record in records}
            return [names.get(value, "") for value in values]
        if field.type == "selection":
            labels = dict(field._description_selection(self.env))
            return [labels.get(value, value or "") for value in values]
        if field.type in ("float", "monetary"):
            return [float(value or 0.0) for value in values]
        if field.type == "char":
            return [value or "" for value in values]
        return values

    # -- Words --------------------------------------------------------------------

    def _words(self, export):
        columns = {
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
        return [
            (
                self.env._("Day"),
                self.env._(
                    "The day of use by the clock of the hospital, not the day on which "
                    "the use was reported or posted."
                ),
            ),
            (
                self.env._("Net quantity"),
                self.env._(
                    "Use and waste less returns, in the unit of the product. Transfers "
                    "between shelves, counts and receipts are not in it."
                ),
            ),
            (
                self.env._("Net cost"),
                self.env._(
                    "The value that stock gave up for the net quantity, as it was "
                    "posted and charged to the cost centre. It includes the tax that "
                    "the hospital cannot deduct."
                ),
            ),
            (
                self.env._("Status"),
                self.env._(
                    "Only posted lines bear a cost. %(without)s of %(lines)s lines "
                    "here have none: they wait to be posted, are incidents, or took "
                    "place before the opening date.",
                    without=export.uncosted_count,
                    lines=export.line_count,
                ),
            ),
            (
                self.env._("Cost centre"),
                self.env._("The cost centre that the department has today."),
            ),
            (
                self.env._("Summary"),
                self.env._(
                    "Net cost by department and product category. Its totals are "
                    "formulas; the last row compares them with the sheet of lines."
                ),
            ),
            (
                self.env._("Who sees what"),
                self.env._(
                    "The lines that %(user)s may read: a ward manager gets the own "
                    "departments, others the whole hospital.",
                    user=self.env.user.name,
                ),
            ),
        ]

from odoo import models

from ..core.consumption_workbook import (
    ConsumptionWorkbook,
    Formats,
    Line,
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

from odoo import fields, models
from odoo.exceptions import UserError


class StockMove(models.Model):
    """Nothing is booked in a closed period; what came late keeps its own date."""

    _inherit = "stock.move"

    def write(self, vals):
        if vals.get("date"):
            self._check_open_period(vals)
        return super().write(vals)

    def _check_open_period(self, vals):
        moment = fields.Datetime.to_datetime(vals["date"])
        done = self.filtered(lambda move: move.state == "done")
        for company in done.company_id:
            if company._med_is_closed(moment):
                raise UserError(
                    self.env._(
                        "%(day)s lies in a closed period: stock of %(company)s is "
                        "closed until %(closed)s. Choose a later date.",
                        day=company._med_day(moment),
                        company=company.name,
                        closed=company.med_closed_until,
                    )
                )

    def _prepare_analytic_line_values(self, account_field_values, amount, unit_amount):
        values = super()._prepare_analytic_line_values(
            account_field_values, amount, unit_amount
        )
        if self.med_department_id:
            values["date"] = self.company_id._med_accounting_day(values["date"])
        return values

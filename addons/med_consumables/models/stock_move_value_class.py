from odoo import models


class StockMove(models.Model):
    """Use of high-value items goes to its own expense account."""

    _inherit = "stock.move"

    def _med_use_account(self):
        """The expense account of this use: by value class, else by place of use."""
        company = self.company_id
        high = self.product_id.med_value_class == "high"
        return (
            (high and company.med_consumption_account_high_id)
            or self.med_department_id.consumption_location_id.valuation_account_id
            or company.med_consumption_account_id
        )

    def _prepare_analytic_line_values(self, account_field_values, amount, unit_amount):
        values = super()._prepare_analytic_line_values(
            account_field_values, amount, unit_amount
        )
        if self.med_department_id:
            values["general_account_id"] = self._med_use_account().id
        return values

    def _get_account_move_line_vals(self):
        lines = super()._get_account_move_line_vals()
        place = self.med_department_id.consumption_location_id.valuation_account_id
        if place:
            account = self._med_use_account()
            for line in lines:
                if line["account_id"] == place.id:
                    line["account_id"] = account.id
        return lines

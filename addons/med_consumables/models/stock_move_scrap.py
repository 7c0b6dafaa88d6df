from odoo import api, models


class StockMove(models.Model):
    """A scrap bears cost on the department that is answerable for it."""

    _inherit = "stock.move"

    @api.depends("scrap_id.med_department_id")
    def _compute_med_department_id(self):
        result = super()._compute_med_department_id()
        for move in self:
            if move.scrap_id.med_consumable and move.scrap_id.med_department_id:
                move.med_department_id = move.scrap_id.med_department_id
        return result

    def _prepare_analytic_line_values(self, account_field_values, amount, unit_amount):
        values = super()._prepare_analytic_line_values(
            account_field_values, amount, unit_amount
        )
        account = self.scrap_id.scrap_location_id.valuation_account_id
        if self.med_department_id and account:
            values["general_account_id"] = account.id
        return values

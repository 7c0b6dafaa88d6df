from odoo import models


class ProductTemplate(models.Model):
    """High-value items may lie on a stock account of their own."""

    _inherit = "product.template"

    def _get_product_accounts(self):
        accounts = super()._get_product_accounts()
        account = self.env.company.med_valuation_account_high_id
        if account and self.med_consumable and self.med_value_class == "high":
            accounts["stock_valuation"] = account
            accounts["stock_variation"] = account.account_stock_variation_id
        return accounts

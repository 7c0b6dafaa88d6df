from odoo import models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _med_cost(self):
        """Cost of this line with the taxes that are not deducted, in its currency."""
        self.ensure_one()
        if not self.tax_ids:
            return self.price_subtotal
        return self.tax_ids.compute_all(
            self.price_unit * (1 - self.discount / 100),
            currency=self.currency_id,
            quantity=self.quantity,
            product=self.product_id,
            partner=self.partner_id,
            rounding_method="round_globally",
        )["total_void"]

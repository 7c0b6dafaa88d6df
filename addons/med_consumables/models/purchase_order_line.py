from odoo import models


class PurchaseOrderLine(models.Model):
    """What one unit of a consumable costs is carried with all its digits.

    Odoo rounds it to the digits of *Product Price*: a pair of gloves at 0.50 with 13 %
    of lost tax would be received at 0.57 instead of 0.565, and a thousand pairs would
    cost the ward more than was ordered.
    """

    _inherit = "purchase.order.line"

    def _get_stock_move_price_unit(self):
        """Cost of one unit of the product, lost taxes included, company currency."""
        self.ensure_one()
        if not self.product_id.med_consumable:
            return super()._get_stock_move_price_unit()
        price, order = self.price_unit_discounted, self.order_id
        if self.tax_ids:
            quantity = self.product_qty or 1.0
            totals = self.tax_ids.compute_all(
                price,
                currency=order.currency_id,
                quantity=quantity,
                product=self.product_id,
                partner=order.partner_id,
                rounding_method="round_globally",
            )
            price = totals["total_void"] / quantity
        price = self.product_uom_id._compute_price(price, self.product_id.uom_id)
        company = order.company_id
        if order.currency_id == company.currency_id:
            return price
        day = self.env.context.get("conversion_date") or self.date_order
        return order.currency_id._convert(
            price, company.currency_id, company, day, round=False
        )

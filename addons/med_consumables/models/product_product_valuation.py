from odoo import models


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _get_remaining_moves(self):
        """Ask only for items that ever moved.

        A new price asks this of every item; for a thousand items just imported that
        was a thousand questions about nothing.
        """
        moved = self.env["stock.move"]._read_group(
            [("product_id", "in", self.ids)], ["product_id"]
        )
        moved = self.browse(product.id for [product] in moved)
        return super(ProductProduct, moved)._get_remaining_moves()

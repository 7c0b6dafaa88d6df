from odoo import models


class ProductProduct(models.Model):
    """The form of a variant shows the buttons of its template."""

    _inherit = "product.product"

    def action_med_substitutes(self):
        self.ensure_one()
        return self.product_tmpl_id.action_med_substitutes()

    def action_med_changes(self):
        self.ensure_one()
        return self.product_tmpl_id.action_med_changes()

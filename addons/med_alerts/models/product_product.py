from odoo import fields, models


class ProductProduct(models.Model):
    _inherit = "product.product"

    med_alert_count = fields.Integer(
        string="Open Alerts", compute="_compute_med_alert_count"
    )

    def _compute_med_alert_count(self):
        counts = self.env["med.alert"]._count_open("product_id", self)
        for product in self:
            product.med_alert_count = counts.get(product, 0)

    def action_view_med_alerts(self):
        return self.env["med.alert"]._action_open_of("product_id", self)

from odoo import fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    med_alert_count = fields.Integer(
        string="Open Alerts", compute="_compute_med_alert_count"
    )

    def _compute_med_alert_count(self):
        counts = self.env["med.alert"]._count_open(
            "product_id", self.product_variant_ids
        )
        for template in self:
            template.med_alert_count = sum(
                counts.get(product, 0) for product in template.product_variant_ids
            )

    def action_view_med_alerts(self):
        return self.product_variant_ids.action_view_med_alerts()

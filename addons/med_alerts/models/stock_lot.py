from odoo import fields, models


class StockLot(models.Model):
    _inherit = "stock.lot"

    med_alert_count = fields.Integer(
        string="Open Alerts", compute="_compute_med_alert_count"
    )

    def _compute_med_alert_count(self):
        counts = self.env["med.alert"]._count_open("lot_id", self)
        for lot in self:
            lot.med_alert_count = counts.get(lot, 0)

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"med_hold", "expiration_date", "removal_date"}:
            self.env["med.alert.touch"]._touch(
                (quant.product_id.id, quant.location_id.id)
                # Whoever changes a lot need not see all places where it lies.
                for quant in self.sudo().quant_ids
                if quant.location_id.usage in ("internal", "transit")
            )
        return result

    def action_view_med_alerts(self):
        return self.env["med.alert"]._action_open_of("lot_id", self)

from odoo import models


class StockWarehouseOrderpoint(models.Model):
    _inherit = "stock.warehouse.orderpoint"

    def _prepare_procurement_values(self, date=False):
        """Procurement knows for which alerts it runs (``med.alert``)."""
        values = super()._prepare_procurement_values(date)
        alerts = self.env.context.get("med_alerts_by_orderpoint", {})
        if self.id in alerts:
            values["med_alert_ids"] = alerts[self.id]
        return values

    def _med_set_quantity_to_order(self):
        """Recompute what to order; fill up where only the shelf shows the need.

        Native forecast counts what is used and not posted yet as stock. What is usable
        (``_med_usable``) does not, and the alert was raised on that.
        """
        self.env.add_to_compute(self._fields["qty_to_order_computed"], self)
        unseen = self.filtered(
            lambda o: o.product_uom.compare(o.qty_to_order_computed, 0.0) <= 0
        )
        usable, coming = unseen._med_usable(), unseen._med_on_the_way()
        for orderpoint in unseen:
            level = usable[orderpoint].usable + coming[orderpoint]
            if orderpoint.product_uom.compare(level, orderpoint.product_min_qty) <= 0:
                missing = max(orderpoint.product_max_qty, orderpoint.product_min_qty)
                orderpoint.qty_to_order_manual = orderpoint._get_multiple_rounded_qty(
                    missing - level
                )

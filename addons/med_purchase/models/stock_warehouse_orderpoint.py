from odoo import models


class StockWarehouseOrderpoint(models.Model):
    _inherit = "stock.warehouse.orderpoint"

    def _quantity_in_progress(self):
        """What is asked for and not on an order yet, of requests ordered in part too.

        The original forgets the rest with the first order, so it was asked for again,
        and goes on counting lines that were given up.
        """
        result = super()._quantity_in_progress()
        lines = self.env["purchase.request.line"].search(
            [
                ("orderpoint_id", "in", self.ids),
                (
                    "request_id.state",
                    "in",
                    ("draft", "to_approve", "approved", "in_progress"),
                ),
            ]
        )
        given_up = lines.filtered("cancelled")
        quantities = {
            **{line: -line.product_qty for line in given_up if not line.purchase_state},
            **(lines - given_up).filtered("purchase_state")._quantity_to_order(),
        }
        for line, quantity in quantities.items():
            orderpoint = line.orderpoint_id
            result[orderpoint.id] += line._uom()._compute_quantity(
                quantity, orderpoint.product_uom, round=False
            )
        return result

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

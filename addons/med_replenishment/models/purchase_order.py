from odoo import api, fields, models


class PurchaseOrder(models.Model):
    """When an order reached the supplier: lead times are measured from there."""

    _inherit = "purchase.order"

    med_sent_at = fields.Datetime(
        string="Sent to Supplier",
        copy=False,
        tracking=True,
        help="When the supplier got the order: at its approval, unless you say "
        "otherwise. Lead times are measured from here, not from the draft.",
    )

    def write(self, vals):
        confirmed = vals.get("state") == "purchase"
        fresh = (
            self.filtered(lambda o: o.state != "purchase") if confirmed else self[:0]
        )
        result = super().write(vals)
        fresh._med_freeze_promise()
        return result

    def _med_freeze_promise(self):
        """Keep the dates that were promised, whatever is agreed on later."""
        # Whoever approves an order need not be a buyer.
        for order in self.sudo():
            for line in order.order_line.filtered(lambda o: not o.display_type):
                if not line.med_promised_at:
                    line.med_promised_at = line.date_planned


class PurchaseOrderLine(models.Model):
    _inherit = "purchase.order.line"

    med_promised_at = fields.Datetime(
        string="Promised",
        readonly=True,
        copy=False,
        help="The date that was expected when the order was approved. It stays, "
        "whatever date is agreed on later: on time means this one.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        for line in lines.filtered(lambda o: o.order_id.state == "purchase"):
            if not line.display_type and not line.med_promised_at:
                line.med_promised_at = line.date_planned
        return lines

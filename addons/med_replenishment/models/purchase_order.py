from odoo import api, fields, models
from odoo.exceptions import AccessError


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
        if any("med_promised_at" in vals for vals in vals_list):
            self._med_check_not_promised()
        lines = super().create(vals_list)
        # Only the confirmation writes what was promised.
        for line in lines.sudo().filtered(lambda o: o.order_id.state == "purchase"):
            if not line.display_type and not line.med_promised_at:
                line.med_promised_at = line.date_planned
        return lines

    def write(self, vals):
        if "med_promised_at" in vals:
            self._med_check_not_promised()
        return super().write(vals)

    def _med_check_not_promised(self):
        """Suppliers are judged by it: nobody enters it, before or after."""
        if not self.env.su:
            raise AccessError(
                self.env._(
                    "What was promised is kept when the order is confirmed and cannot "
                    "be entered. Change the expected arrival; the first promise stays."
                )
            )

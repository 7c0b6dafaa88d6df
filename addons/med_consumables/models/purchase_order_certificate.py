from odoo import fields, models

from .med_certificate_limit import in_own_units


class PurchaseOrder(models.Model):
    """The gate at order: certificates of all items and licences of the supplier."""

    _inherit = "purchase.order"

    def write(self, vals):
        # Here and not in a button: every way to confirm an order writes its state.
        if vals.get("state") == "purchase":
            for order in self.filtered(lambda order: order.state != "purchase"):
                order.with_company(order.company_id)._med_pass_certificates()
        return super().write(vals)

    def _med_pass_certificates(self):
        company = self.company_id
        if company._med_certificate_policy("order") == "off":
            return
        lines = self.order_line.filtered("product_id.med_consumable")
        if not lines:
            return
        items = lines.product_id.product_tmpl_id
        today = company._med_day(fields.Datetime.now())
        # The gate judges for everybody alike, whoever presses the button.
        certificates = self.env["med.certificate"].sudo()
        troubles = [
            *items._med_certificate_troubles(),
            *certificates._limit_troubles(
                in_own_units(lines, "product_qty", "product_uom_id"), today
            ),
            *certificates._supplier_troubles(self.partner_id, today),
        ]
        company._med_gate("order", troubles)
        troubles += company._med_unlicensed(self.partner_id, items)
        self.env["med.certificate"]._warn(self, troubles)

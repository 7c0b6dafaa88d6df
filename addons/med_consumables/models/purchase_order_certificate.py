from odoo import fields, models


class PurchaseOrder(models.Model):
    """The gate at order: certificates of all items and licences of the supplier."""

    _inherit = "purchase.order"

    def button_confirm(self):
        for order in self.filtered(lambda order: order.state in ("draft", "sent")):
            order.with_company(order.company_id)._med_pass_certificates()
        return super().button_confirm()

    def _med_pass_certificates(self):
        company = self.company_id
        if company._med_certificate_policy("order") == "off":
            return
        items = self.order_line.product_id.product_tmpl_id.filtered("med_consumable")
        if not items:
            return
        troubles = items._med_certificate_troubles()
        # The gate judges for everybody alike, whoever presses the button.
        troubles += (
            self.env["med.certificate"]
            .sudo()
            ._supplier_troubles(self.partner_id, fields.Date.context_today(self))
        )
        company._med_gate("order", troubles)
        self.env["med.certificate"]._warn(self, troubles)

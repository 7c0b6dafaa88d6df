from odoo import api, fields, models


class PurchaseRequestLineMakePurchaseOrder(models.TransientModel):
    _inherit = "purchase.request.line.make.purchase.order"

    @api.model
    def _prepare_purchase_order_line(self, po, item):
        """The vendor's price: the original writes 0.00, which nothing recomputes."""
        values = super()._prepare_purchase_order_line(po, item)
        values.pop("price_unit", None)
        return values

    def make_purchase_order(self):
        # The original checks what it proposes, not what it is finally given.
        self._check_valid_request_line(self.item_ids.line_id.ids)
        return super().make_purchase_order()


class PurchaseRequestLineMakePurchaseOrderItem(models.TransientModel):
    """The wizard shows the request's line; the original writes it from here, too."""

    _inherit = "purchase.request.line.make.purchase.order.item"

    request_id = fields.Many2one(readonly=True)
    product_id = fields.Many2one(readonly=True)

from odoo import api, fields, models


class PurchaseRequestLineMakePurchaseOrder(models.TransientModel):
    _inherit = "purchase.request.line.make.purchase.order"

    @api.model
    def _prepare_purchase_order_line(self, po, item):
        """The vendor's price in the vendor's pack, whole packs.

        The original writes a price of 0.00, which nothing recomputes, and orders in
        the product's unit, for which a vendor that sells boxes has no price.
        """
        values = super()._prepare_purchase_order_line(po, item)
        values.pop("price_unit", None)
        product, uom = item.product_id, item.product_uom_id
        terms = product._med_vendor_terms(item.product_qty, uom, po.partner_id)
        if terms.purchase_requisition_id and not po.requisition_id:
            # Only an order under the contract has the contract's prices.
            po.requisition_id = terms.purchase_requisition_id
        pack = terms.product_uom_id or product.uom_id
        quantity = product._med_order_quantity(item.product_qty, uom, terms)
        values["product_uom_id"] = pack.id
        values["product_qty"] = uom._compute_quantity(quantity, pack)
        return values

    @api.model
    def _prepare_item(self, line):
        """Proposes what is not on order yet; the original, all that has not arrived."""
        item = super()._prepare_item(line)
        to_order = line._quantity_to_order()[line]
        if line._uom().compare(to_order, 0.0) > 0:
            item["product_qty"] = to_order
        return item

    def create_allocation(self, po_line, pr_line, new_qty, alloc_uom):
        """Allots what the buyer has entered.

        The original allots no more than the order line had before this request.
        """
        item = self.item_ids.filtered(lambda each: each.line_id == pr_line)[:1]
        quantity = item.product_uom_id._compute_quantity(item.product_qty, alloc_uom)
        return super().create_allocation(po_line, pr_line, quantity, alloc_uom)

    def make_purchase_order(self):
        # The original checks what it proposes, not what it is finally given.
        self._check_valid_request_line(self.item_ids.line_id.ids)
        return super().make_purchase_order()


class PurchaseRequestLineMakePurchaseOrderItem(models.TransientModel):
    """The wizard shows the request's line; the original writes it from here, too."""

    _inherit = "purchase.request.line.make.purchase.order.item"

    request_id = fields.Many2one(readonly=True)
    product_id = fields.Many2one(readonly=True)

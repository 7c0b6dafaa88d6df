from collections import defaultdict

from odoo import api, models
from odoo.addons.med_consumables.models.field_labels import labels_of
from odoo.exceptions import AccessError, UserError

from .purchase_order import computed_in

#: Changing one of these on a confirmed order changes what was agreed to.
TERMS = {
    "analytic_distribution",
    "display_type",
    "order_id",
    "product_id",
    "product_uom_id",
    "tax_ids",
}

#: Orders that count: what is only a quotation binds nobody yet.
AGREED = ("purchase", "to approve")


class PurchaseOrderLine(models.Model):
    """Lines of a confirmed order may shrink; only an approver may let them grow."""

    _inherit = "purchase.order.line"

    @api.depends("order_id.picking_type_id", "orderpoint_id", "product_id")
    def _compute_analytic_distribution(self):
        """What no rule distributes is borne by whom it is bought for.

        So that quotations which nobody entered a request for name cost centres, too.
        """
        result = super()._compute_analytic_distribution()
        consumables = self.filtered(
            lambda line: (
                line.product_id.med_consumable and not line.analytic_distribution
            )
        )
        for department, lines in consumables.grouped(
            lambda line: line._med_department()
        ).items():
            shares = department._cost_distributions(lines.product_id)
            for line in lines:
                line.analytic_distribution = shares.get((department, line.product_id))
        return result

    def _compute_selected_seller_id(self):
        """A vendor price per box prices pieces, too.

        The original knows only prices in the line's or the product's own unit, and
        falls back on the product's cost.
        """
        result = super()._compute_selected_seller_id()
        for line in self.filtered(lambda line: line.product_id.med_consumable):
            if not line.selected_seller_id:
                line.selected_seller_id = line.product_id._select_seller(
                    partner_id=line.partner_id,
                    quantity=abs(line.product_qty),
                    date=line.order_id.date_order and line.order_id.date_order.date(),
                    uom_id=line.product_uom_id,
                )
        return result

    @api.model
    def _prepare_add_missing_fields(self, values):
        """A price in the unit that the line is given in.

        The original prices the line in the vendor's unit before it looks at the given
        one: seven pieces would cost as much as seven boxes.
        """
        missing = super()._prepare_add_missing_fields(values)
        if values.get("product_uom_id") and "price_unit" in missing:
            del missing["price_unit"]
            missing["price_unit"] = self.new({**values, **missing}).price_unit
        return missing

    def _med_department(self):
        """For whom this line is bought: whose place its reorder rule or receipt is."""
        place = self.orderpoint_id.location_id or (
            self.order_id.picking_type_id.default_location_dest_id
        )
        # Whoever buys need not see stock to know whom it is for.
        return place.sudo()._med_departments().get(place, self.env["med.department"])

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        # Receiving goods not ordered adds a line with quantity 0: it commits nothing.
        added = lines.filtered(
            lambda line: line.state == "purchase" and line.product_qty > 0
        )
        if added and not added.order_id._may_amend():
            added._refuse_amendment()
        return lines

    def write(self, vals):
        if not self.env.su:
            self._check_not_forged(vals)
            raised = self.filtered(
                lambda line: line.state == "purchase" and line._is_raised(vals)
            )
            if raised and not self.order_id._may_amend():
                raised._refuse_amendment()
        result = super().write(vals)
        moved_in = "order_id" in vals and "purchase" in self.mapped("state")
        if moved_in and not self.order_id._may_amend():
            self._refuse_amendment()
        if "qty_received" in vals or "qty_received_manual" in vals:
            # Services are received by hand; on behalf of the requester.
            self.sudo().purchase_request_lines.request_id._close_received()
        return result

    def _check_not_forged(self, vals):
        """Refuse totals and, of stocked goods, receipts: nobody enters outcomes."""
        forged = computed_in(self, vals)
        if "qty_received" in vals and any(
            line.qty_received_method == "stock_moves" for line in self
        ):
            forged.add("qty_received")
        if forged:
            raise AccessError(
                self.env._(
                    "%(fields)s of an order line cannot be entered; they follow from "
                    "prices, quantities and receipts.",
                    fields=labels_of(self, sorted(forged)),
                )
            )

    def _is_raised(self, vals):
        """Whether ``vals`` would make this line cost more, or mean something else."""
        self.ensure_one()
        if any(self._differs(name, vals[name]) for name in TERMS & vals.keys()):
            return True
        return (
            vals.get("product_qty", self.product_qty) > self.product_qty
            or vals.get("price_unit", self.price_unit) > self.price_unit
            or vals.get("discount", self.discount) < self.discount
        )

    def _differs(self, name, value):
        field = self._fields[name]
        if field.type == "many2many":
            return True
        new = field.convert_to_cache(value, self)
        return (new or None) != (field.convert_to_cache(self[name], self) or None)

    def _refuse_amendment(self):
        raise UserError(
            self.env._(
                "%(order)s is confirmed: %(product)s cannot be added, raised or "
                "replaced in it.\nOrder the rest separately, or ask an approver to "
                "amend the order.",
                order=self[:1].order_id.display_name,
                product=", ".join(self.product_id.mapped("display_name")),
            )
        )

    def _med_above_request(self):
        """Lines that order more than was approved.

        ``{line: (approved, brought by other lines of the same requests)}``, both in the
        line's unit. The supplier's minimum and whole packs are no excess, since the
        request could not have been met with less.
        """
        above = {}
        others = self._med_parts_on_other_lines()
        for line in self:
            requested = line.purchase_request_lines.filtered(
                lambda request_line: not request_line.cancelled
            )
            if not requested:
                continue
            approved = elsewhere = left = 0.0
            for request_line in requested:
                asked = request_line._uom()._compute_quantity(
                    request_line.product_qty, line.product_uom_id, round=False
                )
                brought = others.get((line, request_line), 0.0)
                approved += asked
                elsewhere += brought
                left += max(asked - brought, 0.0)
            terms = line.product_id._med_vendor_terms(
                left, line.product_uom_id, line.partner_id
            )
            allowed = line.product_id._med_order_quantity(
                left, line.product_uom_id, terms
            )
            if line.product_uom_id.compare(line.product_qty, allowed) > 0:
                above[line] = approved, elsewhere
        return above

    def _med_say_above(self, approved, elsewhere):
        words = {
            "product": self.product_id.display_name,
            "ordered": self.product_qty,
            "approved": approved,
            "unit": self.product_uom_id.name,
        }
        if not elsewhere:
            return self.env._(
                "%(product)s: %(ordered)s ordered, %(approved)s %(unit)s approved",
                **words,
            )
        return self.env._(
            "%(product)s: %(ordered)s ordered and %(elsewhere)s on other lines, "
            "%(approved)s %(unit)s approved",
            elsewhere=elsewhere,
            **words,
        )

    def _med_parts_on_other_lines(self):
        """What else brings their requests: ``{(line, request line): quantity}``.

        In the line's unit; of confirmed orders, and of the line's own order.
        """
        parts = self.purchase_request_lines.purchase_lines._med_parts_of_requests()
        rivals = defaultdict(list)
        for (other, request_line), quantity in parts.items():
            rivals[request_line].append((other, quantity))
        return {
            (line, request_line): sum(
                other.product_uom_id._compute_quantity(
                    quantity, line.product_uom_id, round=False
                )
                for other, quantity in rivals[request_line]
                if other != line
                and (other.order_id == line.order_id or other.state in AGREED)
            )
            for line in self
            for request_line in line.purchase_request_lines
        }

    def _med_parts_of_requests(self):
        """What these lines bring to each request: ``{(line, request line): quantity}``.

        In the line's unit. A line of several requests is shared as they asked for it.
        """
        parts = {}
        for line in self:
            asked = defaultdict(float)
            for part in line.purchase_request_allocation_ids:
                asked[part.purchase_request_line_id] += part.requested_product_uom_qty
            # In one unit: requests of one product may be in boxes and in pieces.
            asked = {
                each: each._uom()._compute_quantity(
                    quantity, line.product_uom_id, round=False
                )
                for each, quantity in asked.items()
            }
            total = sum(asked.values())
            for each, quantity in asked.items():
                parts[line, each] = total and line.product_qty * quantity / total
        return parts

from collections import defaultdict

from odoo import api, fields, models


class PurchaseRequestLine(models.Model):
    """What is asked for, what it will cost with taxes, and whose budget bears it."""

    _inherit = "purchase.request.line"

    estimated_cost = fields.Monetary(
        compute="_compute_estimated_cost",
        store=True,
        readonly=False,
        default=None,
        help="Taxes included. Taken from the vendor's price; enter your estimate for "
        "an item that no vendor has a price for.",
    )
    med_alert_ids = fields.Many2many(
        "med.alert",
        "med_alert_purchase_request_line_rel",
        "request_line_id",
        "alert_id",
        string="Alerts",
        readonly=True,
        copy=False,
    )

    @api.depends("product_id", "product_qty", "product_uom_id")
    def _compute_estimated_cost(self):
        known = self._vendor_costs()
        for line in self:
            line.estimated_cost = known.get(line, line.estimated_cost)

    def _compute_purchase_state(self):
        """Bought in parts, a request is done with the last of them.

        The original calls it done with the first, and refuses the others.
        """
        result = super()._compute_purchase_state()
        for line in self.filtered(lambda line: line.purchase_state == "done"):
            if line._uom().compare(line.pending_qty_to_receive, 0.0) > 0:
                line.purchase_state = "purchase"
        return result

    @api.depends("product_id", "request_id.department_id")
    def _compute_analytic_distribution(self):
        result = super()._compute_analytic_distribution()
        for department, lines in self.grouped(
            lambda line: line.request_id.department_id
        ).items():
            shares = department._cost_distributions(lines.product_id)
            for line in lines.filtered("product_id"):
                line.analytic_distribution = (
                    shares.get((department, line.product_id))
                    or line.analytic_distribution
                )
        return result

    def _vendor_costs(self):
        """Cost by the vendor's price: ``{line: amount}``, only of lines that have one.

        In the company's currency, with the taxes that cannot be deducted, as the stock
        will be valued on receipt.
        """
        costs = {}
        for line in self.filtered("product_id"):
            company = line.company_id or self.env.company
            # Whoever asks may not read prices; what it will cost they should know.
            product = line.product_id.sudo().with_company(company)
            quantity = line._uom()._compute_quantity(line.product_qty, product.uom_id)
            terms = product._med_vendor_terms(quantity, product.uom_id)
            if terms:
                # Nobody sells half a box, so whole ones are what it will cost.
                quantity = product._med_order_quantity(quantity, product.uom_id, terms)
                costs[line] = self._cost_of(product, terms, quantity, company)
        return costs

    @api.model
    def _cost_of(self, product, seller, quantity, company):
        price = seller.currency_id._convert(
            seller.price_discounted,  # per unit of the product
            company.currency_id,
            company,
            fields.Date.context_today(self),
            round=False,
        )
        taxes = product.supplier_taxes_id._filter_taxes_by_company(company)
        if taxes:
            totals = taxes.compute_all(
                price, company.currency_id, quantity, rounding_method="round_globally"
            )
            return company.currency_id.round(totals["total_void"])
        return company.currency_id.round(price * quantity)

    def _approval_costs(self):
        """Cost that decides on the route: ``{line: amount}``, 0.0 where it is unknown.

        The entered estimate cannot be lower than the vendor's price makes, or a small
        number would keep a large purchase from its approver.
        """
        known = self._vendor_costs()
        return {
            line: max(line.estimated_cost or 0.0, known.get(line, 0.0)) for line in self
        }

    @api.model
    def _calc_new_qty(self, request_line, po_line=None, new_pr_line=False):
        """What ``po_line`` orders for its requests, in its unit and whole packs.

        The original orders all that is requested, however little the buyer has entered,
        and compares the vendor's minimum with quantities in other units.
        """
        terms = po_line.product_id._med_vendor_terms(
            None, po_line.product_uom_id, po_line.partner_id
        )
        asked = sum(
            part.product_uom_id._compute_quantity(
                part.requested_product_uom_qty, po_line.product_uom_id, round=False
            )
            for part in po_line.purchase_request_allocation_ids
        )
        if not po_line.purchase_request_lines:
            asked += po_line.product_qty  # entered by hand before, and still wanted
        return po_line.product_id._med_order_quantity(
            asked, po_line.product_uom_id, terms
        )

    def _quantity_to_order(self):
        """What is on no order or quotation yet: ``{line: quantity}``, in its unit."""
        orders = self.purchase_lines.filtered(lambda line: line.state != "cancel")
        parts = orders._med_parts_of_requests()
        ordered = defaultdict(float)
        for (order_line, line), quantity in parts.items():
            ordered[line] += order_line.product_uom_id._compute_quantity(
                quantity, line._uom()
            )
        return {line: max(line.product_qty - ordered[line], 0.0) for line in self}

    def _uom(self):
        """The unit that the line's quantities are in."""
        return self.product_uom_id or self.product_id.uom_id

from odoo import fields, models


class StockMove(models.Model):
    """A vendor's bill revalues its receipt with the taxes that nobody gives back.

    Odoo takes the bill's amount before tax, although it received the goods at their
    cost with lost taxes: posting the bill would make stock cheaper than it was.
    """

    _inherit = "stock.move"

    def _get_value_from_account_move(self, quantity, at_date=None):
        data = super()._get_value_from_account_move(quantity, at_date=at_date)
        if data["quantity"]:
            data["value"] *= self._med_cost_per_billed_amount(at_date)
        return data

    def _med_cost_per_billed_amount(self, at_date=None):
        """Cost with lost taxes ÷ amount before tax of this receipt's posted bills."""
        day = at_date and fields.Date.to_date(at_date)
        billed = cost = 0.0
        for line in self.purchase_line_id.invoice_lines:
            if line.move_id.state != "posted" or (day and line.date > day):
                continue
            sign = -1 if line.move_type == "in_refund" else 1
            billed += sign * line.price_subtotal
            cost += sign * line._med_cost()
        # Bills of one order line are in one currency: the ratio needs no rate.
        return cost / billed if billed else 1.0

from collections import defaultdict

from odoo import models
from odoo.fields import Domain


class ResCompany(models.Model):
    """The closing of periodic valuation tells high value from low."""

    _inherit = "res.company"

    def _get_location_valuation_vals(self, at_date=None, location_domain=False):
        """Odoo books by place and category; high-value items then change accounts."""
        lines = super()._get_location_valuation_vals(at_date, location_domain)
        expense = self.med_consumption_account_high_id
        stock = self.med_valuation_account_high_id
        if not expense and not stock:
            return lines
        moved = self._med_high_value_use(at_date, location_domain)
        label = self.env._("Closing: high-value items")
        for (place, category), value in moved.items():
            if self.currency_id.is_zero(value):
                continue
            usual = place.valuation_account_id
            by_category = (
                category.with_company(self).property_stock_valuation_account_id
                or self.account_stock_valuation_id
            )
            for debit, credit in ((expense, usual), (by_category, stock)):
                if debit and credit and debit != credit:
                    lines += self._prepare_inventory_aml_vals(
                        debit, credit, value, label
                    )
        return lines

    def _med_high_value_use(self, at_date, location_domain):
        """``{(place of use, category): value}`` used since the last closing."""
        places = self.env["stock.location"].search(
            Domain(location_domain or Domain.TRUE)
            & Domain("valuation_account_id", "!=", False)
            & Domain("company_id", "=", self.id)
            & Domain("usage", "=", "production")
        )
        domain = (
            Domain("company_id", "=", self.id)
            & Domain("product_id.is_storable", "=", True)
            & Domain("product_id.valuation", "=", "periodic")
            & Domain("product_id.med_value_class", "=", "high")
        )
        if last := self._get_last_closing_date():
            domain &= Domain("date", ">", last)
        if at_date:
            domain &= Domain("date", "<=", at_date)
        moved = defaultdict(float)
        for sign, flag, place in (
            (1, "is_out", "location_dest_id"),
            (-1, "is_in", "location_id"),
        ):
            for location, category, value in self.env["stock.move"]._read_group(
                domain & Domain(flag, "=", True) & Domain(place, "in", places.ids),
                [place, "product_category_id"],
                ["value:sum"],
            ):
                moved[location, category] += sign * value
        return moved

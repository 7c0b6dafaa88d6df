from odoo import api, fields, models
from odoo.fields import Domain


class StockQuant(models.Model):
    _inherit = "stock.quant"

    @api.depends("med_hold")
    def _compute_available_quantity(self):
        result = super()._compute_available_quantity()
        self.filtered("med_hold").available_quantity = 0
        return result

    def _get_gather_domain(
        self,
        product_id,
        location_id,
        lot_id=None,
        package_id=None,
        owner_id=None,
        strict=False,
    ):
        context = self.env.context
        if context.get("med_way_out"):
            # What leaves for good may have expired.
            self = self.with_context(with_expiration=False)  # noqa: PLW0642
        domain = super()._get_gather_domain(
            product_id, location_id, lot_id, package_id, owner_id, strict
        )
        if context.get("med_without_hold"):
            domain &= Domain("med_hold", "!=", True)
            if product_id.use_expiration_date:
                fresh = Domain("expiration_date", ">", fields.Datetime.now())
                domain &= Domain("expiration_date", "=", False) | fresh
            if not location_id.med_quarantine:
                domain &= Domain("location_id.med_quarantine", "!=", True)
        return domain

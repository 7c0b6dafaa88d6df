from odoo import api, fields, models
from odoo.fields import Domain


class StockQuant(models.Model):
    _inherit = "stock.quant"

    med_hold = fields.Boolean(
        related="lot_id.med_hold", store=True, index="btree_not_null"
    )

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
        domain = super()._get_gather_domain(
            product_id, location_id, lot_id, package_id, owner_id, strict
        )
        if self.env.context.get("med_without_hold"):
            domain &= Domain("med_hold", "!=", True)
        return domain

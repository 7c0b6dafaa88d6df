from odoo import api, fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    med_usable_qty = fields.Float(
        string="Usable",
        compute="_compute_med_usable_qty",
        digits="Product Unit",
        compute_sudo=False,
        help="On hand, less what is past its date, on hold, recalled or in quarantine, "
        "reserved, or used and not yet posted. A ward sees its own departments and "
        "the stores.",
    )

    @api.depends("product_variant_ids.med_usable_qty")
    @api.depends_context("location", "warehouse_id", "uid", "allowed_company_ids")
    def _compute_med_usable_qty(self):
        for template in self:
            template.med_usable_qty = sum(
                template.product_variant_ids.mapped("med_usable_qty")
            )

from odoo import api, fields, models

from ..core.search_key import search_key


class ProductProduct(models.Model):
    _name = "product.product"
    _inherit = ["med.product.search", "product.product"]

    med_udi_ids = fields.One2many("med.udi", "product_id", string="Device Identifiers")
    # Without pg_trgm there is no index for parts of words: the column is read whole.
    med_search_key = fields.Text(
        string="Search Key",
        compute="_compute_med_search_key",
        store=True,
        index="trigram",
        prefetch=False,
        help="Everything under which this item is found, in a plain form.",
    )

    @api.depends(
        "product_tmpl_id.name",
        "product_tmpl_id.med_specification",
        "product_tmpl_id.med_hospital_code",
        "product_tmpl_id.med_charge_code",
        "product_tmpl_id.med_insurance_code",
        "product_tmpl_id.med_tender_code",
        "product_tmpl_id.med_platform_code",
        "product_template_attribute_value_ids.name",
        "default_code",
        "barcode",
        "product_uom_ids.barcode",
        "med_udi_ids.di",
    )
    def _compute_med_search_key(self):
        languages = [code for code, _name in self.env["res.lang"].get_installed()]
        # The same record in each language: the names are fetched once a language.
        versions = zip(
            *(self.with_context(lang=code) for code in languages), strict=True
        )
        for product, translated in zip(self, versions, strict=True):
            names = {version.product_tmpl_id.name: True for version in translated}
            product.med_search_key = search_key(
                [
                    *names,
                    product.med_specification,
                    *product.product_template_attribute_value_ids.mapped("name"),
                ],
                [
                    product.default_code,
                    product.barcode,
                    product.med_hospital_code,
                    product.med_charge_code,
                    product.med_insurance_code,
                    product.med_tender_code,
                    product.med_platform_code,
                    *product.product_uom_ids.mapped("barcode"),
                    *product.med_udi_ids.mapped("di"),
                ],
            )

    def write(self, vals):
        # Codes of the variant are masters too; the rest is the template's.
        self.product_tmpl_id._med_check_master(
            {name: vals[name] for name in ("default_code", "barcode") if name in vals}
        )
        return super().write(vals)

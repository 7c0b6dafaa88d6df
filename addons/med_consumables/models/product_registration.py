from odoo import models


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _med_registration(self, day):
        """The registration certificate or filing that was valid on this day."""
        papers = self.product_tmpl_id.sudo().med_certificate_ids.filtered(
            # A printed form names the certificate, whoever prints it.
            lambda paper: paper.kind in ("registration", "filing")
        )
        valid = papers.filtered(
            lambda paper: (
                (not paper.valid_from or paper.valid_from <= day)
                and (not paper.valid_to or paper.valid_to >= day)
            )
        )
        return (valid or papers)[:1]

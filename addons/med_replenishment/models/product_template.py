from odoo import api, fields, models

XYZ = [("X", "X: steady"), ("Y", "Y: varying"), ("Z", "Z: irregular")]
FSN = [("F", "F: fast"), ("S", "S: slow"), ("N", "N: not moving")]


class ProductTemplate(models.Model):
    """Classes of an item as the hospital sees it: those of its largest variant."""

    _inherit = "product.template"

    med_xyz = fields.Selection(
        XYZ, string="XYZ", compute="_compute_med_classes", search="_search_med_xyz"
    )
    med_fsn = fields.Selection(
        FSN, string="FSN", compute="_compute_med_classes", search="_search_med_fsn"
    )
    med_predecessor_id = fields.Many2one(
        "product.product",
        string="Takes the Place of",
        ondelete="set null",
        help="A new item is foreseen from the use of the item that it replaces.",
    )

    @api.depends("product_variant_ids.med_xyz", "product_variant_ids.med_fsn")
    @api.depends_context("company")
    def _compute_med_classes(self):
        """Of several variants that counts of which most was used, by value."""
        largest = self._med_largest_variants()
        for item in self:
            variant = largest.get(item.id) or item.product_variant_ids[:1]
            item.med_xyz = variant.med_xyz
            item.med_fsn = variant.med_fsn

    def _med_largest_variants(self):
        """``{template id: variant}``, for those that have several."""
        several = self.filtered(lambda item: len(item.product_variant_ids) > 1)
        rows = self.env["med.item.class"]
        if several:
            # The class of an item may be seen by whoever sees the item.
            rows = rows.sudo().search(
                [
                    ("product_id", "in", several.product_variant_ids.ids),
                    ("company_id", "=", self.env.company.id),
                ],
                order="month, year_value",
            )
        return {
            row.product_id.product_tmpl_id.id: row.product_id.with_env(self.env)
            for row in rows
        }

    @api.model
    def _search_med_xyz(self, operator, value):
        return [("product_variant_ids.med_xyz", operator, value)]

    @api.model
    def _search_med_fsn(self, operator, value):
        return [("product_variant_ids.med_fsn", operator, value)]


class ProductProduct(models.Model):
    """Each variant has its own use, and each hospital: so each has its own classes."""

    _inherit = "product.product"

    med_xyz = fields.Selection(
        XYZ,
        string="XYZ",
        company_dependent=True,
        copy=False,
        readonly=True,
        help="By how much the use of the weeks differs. Computed every month, from "
        "eight weeks of use on.",
    )
    med_fsn = fields.Selection(
        FSN,
        string="FSN",
        company_dependent=True,
        copy=False,
        readonly=True,
        help="By the days since the last use. Computed every month.",
    )

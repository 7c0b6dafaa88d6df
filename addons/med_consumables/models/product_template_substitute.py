from odoo import api, fields, models


class ProductTemplate(models.Model):
    """Substitutes on the item's form, and a word about them when it is out."""

    _inherit = "product.template"

    med_substitute_count = fields.Integer(
        string="Substitutes", compute="_compute_med_substitute_count"
    )
    med_instead = fields.Text(
        string="Use Instead",
        compute="_compute_med_instead",
        help="Substitutes that can be used where this item is out.",
    )

    def _compute_med_substitute_count(self):
        links = self.product_variant_ids._med_substitute_links()
        for template in self:
            template.med_substitute_count = sum(
                len(links.get(variant, ())) for variant in template.product_variant_ids
            )

    @api.depends_context("lang", "uid", "location", "warehouse_id")
    def _compute_med_instead(self):
        variants = self.product_variant_ids.filtered("med_consumable")
        out = variants.filtered(lambda p: p.uom_id.compare(p.med_usable_qty, 0) <= 0)
        found = out._med_substitutes(out._med_usable_places()) if out else {}
        for template in self:
            template.med_instead = "\n".join(
                self._med_instead_sentence(substitute)
                for variant in template.product_variant_ids
                for substitute in found.get(variant, ())
                if substitute.usable > 0
            )

    def _med_instead_sentence(self, substitute):
        other = self.env["product.product"].browse(substitute.product)
        sentence = self.env._(
            "%(item)s: %(usable)s %(unit)s can be used, %(ratio)s for one",
            item=other.display_name,
            usable=f"{substitute.usable:g}",
            unit=other.uom_id.name,
            ratio=f"{substitute.ratio:g}",
        )
        return f"{sentence} ({substitute.note})" if substitute.note else sentence

    def action_med_substitutes(self):
        self.ensure_one()
        variants = self.product_variant_ids
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_substitute_action"
        )
        action["domain"] = [
            "|",
            ("product_id", "in", variants.ids),
            "&",
            ("substitute_id", "in", variants.ids),
            ("symmetric", "=", True),
        ]
        action["context"] = {"default_product_id": variants[:1].id}
        return action

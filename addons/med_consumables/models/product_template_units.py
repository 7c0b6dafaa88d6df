from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ProductTemplate(models.Model):
    """In which units an item is bought, kept and used."""

    _inherit = "product.template"

    med_use_uom_id = fields.Many2one(
        "uom.uom",
        string="Unit of Use",
        help="In which a ward counts what it uses, where it is not the unit of stock.",
    )
    med_units_text = fields.Char(string="Units", compute="_compute_med_units_text")

    @api.depends("uom_id", "med_use_uom_id", "uom_ids", "seller_ids.product_uom_id")
    @api.depends_context("lang")
    def _compute_med_units_text(self):
        for template in self:
            # Units of suppliers are no secret; their prices stay theirs.
            bought = template.sudo().seller_ids[:1].product_uom_id or template.uom_id
            used = template.med_use_uom_id or template.uom_id
            template.med_units_text = template.uom_id and self.env._(
                "Bought in %(bought)s, kept in %(kept)s, used in %(used)s",
                bought=template._med_unit_with_content(bought),
                kept=template.uom_id.name,
                used=template._med_unit_with_content(used),
            )

    def _med_unit_with_content(self, unit):
        """The unit and how many units of stock it holds, where that differs."""
        kept = self.uom_id
        if unit == kept or not unit._has_common_reference(kept):
            return unit.name
        content = unit._compute_quantity(1, kept, round=False)
        return f"{unit.name} (= {content:g} {kept.name})"

    @api.constrains("uom_id", "med_use_uom_id")
    def _check_med_use_uom_id(self):
        for template in self:
            unit = template.med_use_uom_id
            if unit and not unit._has_common_reference(template.uom_id):
                raise ValidationError(
                    self.env._(
                        "%(item)s is kept in %(kept)s, which cannot be converted into "
                        "%(used)s. Choose a unit of use that is made of it.",
                        item=template.display_name,
                        kept=template.uom_id.name,
                        used=unit.name,
                    )
                )

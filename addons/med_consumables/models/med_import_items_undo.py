from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class MedImportItems(models.AbstractModel):
    """An import is taken back, as far as nothing stands on it; and what it did."""

    _inherit = "med.import.items"

    @api.model
    def _undo(self, job):
        """Delete what was created and restore what was changed, or say why not."""
        effects = job.effect_ids.sudo()
        created = effects.filtered(lambda effect: effect.action == "create")
        templates = self._effect_records(created, "product.template")
        self._check_unused(templates)
        for effect in effects.filtered(lambda effect: effect.action == "change"):
            template = self.env[effect.res_model].browse(effect.res_id).exists()
            template = template.with_context(lang=job.lang)
            still = template._convert_to_write(
                {name: template[name] for name in effect.after if template}
            )
            # What people have changed since is theirs.
            restored = {
                name: value
                for name, value in effect.before.items()
                if name in still and still[name] == effect.after[name]
            }
            if restored:
                template.write(restored)
        self._effect_records(created, "med.udi").unlink()
        templates.unlink()
        effects.unlink()

    @api.model
    def _effect_records(self, effects, model):
        ids = effects.filtered(lambda e: e.res_model == model).mapped("res_id")
        return self.env[model].browse(ids).exists()

    @api.model
    def _check_unused(self, templates):
        """Refuse where a move, a use, an order or a rule stands on a created item."""
        products = templates.with_context(active_test=False).product_variant_ids
        used = self._used_products(products)
        if used:
            raise UserError(
                self.env._(
                    "This import cannot be undone: %(items)s (and %(more)s more) are "
                    "in use by now. Archive single items instead.",
                    items=", ".join(used[:3].mapped("display_name")),
                    more=max(len(used) - 3, 0),
                )
            )

    @api.model
    def _used_products(self, products):
        used = set()
        for model in (
            "stock.move",
            "stock.lot",
            "stock.quant",
            "med.consumption",
            "med.history",
            "purchase.order.line",
            "stock.warehouse.orderpoint",
        ):
            table = SQL.identifier(self.env[model]._table)
            self.env[model].flush_model(["product_id"])
            rows = self.env.execute_query(
                SQL(
                    "SELECT DISTINCT product_id FROM %s WHERE product_id = ANY(%s)",
                    table,
                    products.ids,
                )
            )
            used |= {product for (product,) in rows}
        return products.browse(used)

    @api.model
    def _result_action(self, job):
        effects = job.effect_ids.filtered(lambda e: e.res_model == "product.template")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_item_action"
        )
        action["domain"] = [("id", "in", effects.mapped("res_id"))]
        action["context"] = {}
        return action

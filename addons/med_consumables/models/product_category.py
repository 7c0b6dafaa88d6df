from odoo import api, fields, models


class ProductCategory(models.Model):
    """Items of a category have its data owner unless they name their own."""

    _inherit = "product.category"

    med_data_owner_id = fields.Many2one(
        "res.users",
        string="Data Owner",
        domain=lambda self: self._med_owner_domain(),
        help="Answers for the data of the items of this category and those below.",
    )

    @api.model
    def _med_owner_domain(self):
        """Only who may write items can own them."""
        group = self.env.ref("med_consumables.group_data_owner")
        return [("all_group_ids", "in", group.ids)]

    def write(self, vals):
        before = {category: category._med_data_owner() for category in self}
        result = super().write(vals)
        if "med_data_owner_id" in vals or "parent_id" in vals:
            for category, owner in before.items():
                category._med_hand_over(owner)
        return result

    def _med_data_owner(self):
        """The owner named here or on the nearest category above."""
        category = self
        while category and not category.med_data_owner_id:
            category = category.parent_id
        return category.med_data_owner_id

    def _med_hand_over(self, before):
        """Items that had the owner of their category get its new one."""
        templates = self.env["product.template"].with_context(active_test=False)
        items = templates.search(
            [
                ("categ_id", "child_of", self.ids),
                ("med_data_owner_id", "=", before.id),
                ("med_consumable", "=", True),
            ]
        )
        for category, same in items.grouped("categ_id").items():
            # On behalf of whoever may name owners on categories.
            same.sudo().write({"med_data_owner_id": category._med_data_owner().id})

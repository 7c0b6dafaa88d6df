from odoo import models


class MedDepartment(models.Model):
    _inherit = "med.department"

    def action_view_usable(self):
        """What of each item can be used here; whoever works here may ask."""
        self.ensure_one()
        shelf = self.stock_location_id
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_item_action"
        )
        # Which items lie here is no secret from whoever may read the department.
        quants = (
            self.env["stock.quant"]
            .sudo()
            ._read_group(
                [("location_id", "child_of", shelf.ids), ("quantity", "!=", 0)],
                ["product_id"],
            )
        )
        templates = (
            self.env["product.product"]
            .browse(product.id for (product,) in quants)
            .product_tmpl_id
        )
        action["display_name"] = self.env._("Usable in %s", self.display_name)
        action["domain"] = [("id", "in", templates.ids)]
        action["context"] = {"location": shelf.id, "create": False}
        return action

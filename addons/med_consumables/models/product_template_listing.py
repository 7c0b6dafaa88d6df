from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command


class ProductTemplate(models.Model):
    _inherit = "product.template"

    def action_med_propose_listing(self):
        """Prepare one decision that admits these items to the catalogue.

        For the first listing of a hospital that has items already: select them all,
        and the committee decides on one paper.
        """
        candidates = self.filtered(
            lambda item: item.med_consumable and item.med_catalogue_state == "candidate"
        )
        if not candidates:
            raise UserError(
                self.env._(
                    "None of these items is a consumable that waits for the catalogue."
                )
            )
        decision = self.env["med.catalogue.decision"].create(
            {
                "line_ids": [
                    Command.create({"product_tmpl_id": item.id, "action": "list"})
                    for item in candidates
                ]
            }
        )
        return decision._get_records_action()

from odoo import fields, models


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    med_packs_location_id = fields.Many2one(
        "stock.location",
        string="Packs",
        check_company=True,
        help="Where filled packs lie until they are issued. It stands beside the "
        "store's stock, so that nobody picks from a closed pack.",
    )

    def _med_prepare(self):
        result = super()._med_prepare()
        for warehouse in self:
            if not warehouse.med_packs_location_id:
                words = warehouse._med_in_its_language()
                warehouse.med_packs_location_id = self.env["stock.location"].create(
                    {
                        "name": words.env._("Packs"),
                        "usage": "internal",
                        "location_id": warehouse.view_location_id.id,
                        "company_id": warehouse.company_id.id,
                    }
                )
        return result

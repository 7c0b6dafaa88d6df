from odoo import fields, models


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    med_issue_type_id = fields.Many2one(
        "stock.picking.type", string="Issue to Departments", check_company=True
    )

    def _med_prepare(self):
        result = super()._med_prepare()
        for warehouse in self:
            if not warehouse.med_issue_type_id:
                warehouse.med_issue_type_id = self._med_issue_type(warehouse)
        return result

    def _med_issue_type(self, warehouse):
        made = self.env["stock.picking.type"].create(
            {
                "name": self.env._("Issue to departments"),
                "code": "internal",
                "sequence_code": "ISS",
                "warehouse_id": warehouse.id,
                "company_id": warehouse.company_id.id,
                "default_location_src_id": warehouse.lot_stock_id.id,
                "default_location_dest_id": warehouse.med_departments_location_id.id,
                "use_create_lots": False,
                "use_existing_lots": True,
            }
        )
        return self._med_name_type(made, lambda env: env._("Issue to departments"))

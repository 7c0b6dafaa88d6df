from odoo import fields, models


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    med_departments_location_id = fields.Many2one(
        "stock.location",
        string="Departments",
        check_company=True,
        help="View location that holds the shelves of all departments. It stands "
        "beside the central store, so that the store's stock never counts theirs.",
    )
    med_use_location_id = fields.Many2one(
        "stock.location",
        string="Use by Departments",
        check_company=True,
        help="View location of the virtual places where used items go.",
    )
    med_use_type_id = fields.Many2one(
        "stock.picking.type", string="Use", check_company=True
    )

    def _med_prepare(self):
        """Make what departments stand on, where a warehouse does not have it yet."""
        fefo = self.env.ref("product_expiry.removal_fefo")
        for warehouse in self:
            words = warehouse._med_in_its_language()
            if not warehouse.med_departments_location_id:
                warehouse.med_departments_location_id = self._med_view_location(
                    warehouse, words.env._("Departments"), warehouse.view_location_id
                )
                warehouse.view_location_id.removal_strategy_id = fefo
            if not warehouse.med_use_location_id:
                # Outside the warehouse: what is used must not count as on hand.
                warehouse.med_use_location_id = self._med_view_location(
                    warehouse, words.env._("%s: use", warehouse.code)
                )
            if not warehouse.med_use_type_id:
                warehouse.med_use_type_id = self._med_use_type(warehouse)

    def _med_in_its_language(self):
        """This warehouse in the language of its hospital, for names of places: they
        cannot be translated. Every company has English until somebody says otherwise;
        then the language of whoever is working counts.
        """
        self.ensure_one()
        spoken = self.sudo().company_id.partner_id.lang, self.env.lang
        return self.with_context(
            lang=next((lang for lang in spoken if lang not in (False, "en_US")), None)
        )

    def _med_name_type(self, picking_type, name):
        """Name it in each language; ``name`` says it in that of an environment."""
        picking_type.update_field_translations(
            "name",
            {
                lang: name(self.with_context(lang=lang).env)
                for lang, _label in self.env["res.lang"].get_installed()
            },
        )
        return picking_type

    def _med_view_location(self, warehouse, name, parent=None):
        return self.env["stock.location"].create(
            {
                "name": name,
                "usage": "view",
                "location_id": parent.id if parent else False,
                "company_id": warehouse.company_id.id,
            }
        )

    def _med_use_type(self, warehouse):
        made = self.env["stock.picking.type"].create(
            {
                "name": self.env._("Use by departments"),
                "code": "internal",
                "sequence_code": "USE",
                "warehouse_id": warehouse.id,
                "company_id": warehouse.company_id.id,
                "default_location_src_id": warehouse.med_departments_location_id.id,
                "default_location_dest_id": warehouse.med_use_location_id.id,
                "use_create_lots": False,
                "use_existing_lots": True,
                # The ledger says which lots were used; nothing is to be reserved.
                "reservation_method": "manual",
            }
        )
        return self._med_name_type(made, lambda env: env._("Use by departments"))

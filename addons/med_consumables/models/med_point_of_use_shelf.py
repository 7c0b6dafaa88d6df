from datetime import timedelta

from odoo import api, fields, models

#: A phone keeps what a ward uses, not the catalogue.
LARGEST_SHELF = 2000
USED_WITHIN = timedelta(days=90)


class MedPointOfUse(models.AbstractModel):
    """The shelf of a department, to take along: codes are known without a network."""

    _inherit = "med.point.of.use"

    @api.model
    def take_along(self, department_id):
        """Items that lie here or were used here lately, with their codes and lots."""
        department = self._department(department_id)
        products = self._items_of(department)
        on_shelf = self._on_shelf(department, products)
        codes, lots = self._codes_of(products), self._lots_of(department, products)
        return {
            "department_id": department.id,
            "made_at": fields.Datetime.to_string(fields.Datetime.now()),
            "items": [
                {
                    **item,
                    "on_hand": on_shelf.get(product_id, 0.0),
                    "codes": codes.get(product_id, []),
                    "lots": lots.get(product_id, []),
                }
                for product_id, item in self._items(products).items()
            ],
        }

    @api.model
    def _items_of(self, department):
        used = self.env["med.consumption"]._read_group(
            [
                ("department_id", "=", department.id),
                ("event_time", ">=", fields.Datetime.now() - USED_WITHIN),
            ],
            ["product_id"],
            order="__count DESC",
            limit=LARGEST_SHELF,
        )
        products = self.env["product.product"].browse(item.id for (item,) in used)
        lying = self._shelf_quants(department, ["product_id"], limit=LARGEST_SHELF)
        products |= self.env["product.product"].browse(item.id for (item,) in lying)
        return products.filtered("active")[:LARGEST_SHELF]

    @api.model
    def _on_shelf(self, department, products):
        """``{product id: what lies on the shelf, in the product's unit}``."""
        groups = self._shelf_quants(
            department,
            ["product_id"],
            ["quantity:sum"],
            domain=[("product_id", "in", products.ids)],
        )
        return {product.id: quantity for product, quantity in groups}

    @api.model
    def _lots_of(self, department, products):
        groups = self._shelf_quants(
            department,
            ["product_id", "lot_id"],
            domain=[("product_id", "in", products.ids), ("lot_id", "!=", False)],
        )
        lots = {}
        for product, lot in groups:
            expiry = lot.use_expiration_date and lot._med_expiry_day()
            lots.setdefault(product.id, []).append(
                {
                    "id": lot.id,
                    "name": lot.name,
                    "expiry": fields.Date.to_string(expiry) if expiry else "",
                    "held": lot.med_hold,
                }
            )
        return lots

    @api.model
    def _shelf_quants(self, department, groupby, aggregates=(), domain=(), limit=None):
        shelf = department.sudo().stock_location_id
        # Ward staff see what lies on their own shelf; quants are the store's.
        return (
            self.env["stock.quant"]
            .sudo()
            ._read_group(
                [
                    ("location_id", "child_of", shelf.ids),
                    ("quantity", ">", 0),
                    ("product_id.med_consumable", "=", True),
                    *domain,
                ],
                groupby,
                list(aggregates),
                limit=limit,
            )
        )

    @api.model
    def _codes_of(self, products):
        """``{product id: [(code, base units in the pack), ...]}``."""
        codes = {}
        for udi in self.env["med.udi"].search([("product_id", "in", products.ids)]):
            codes.setdefault(udi.product_id.id, []).append((udi.di, udi.base_units))
        for product in products:
            for code in {
                product.barcode,
                product.default_code,
                product.med_hospital_code,
            }:
                if code:
                    codes.setdefault(product.id, []).append((code, 1.0))
        return codes

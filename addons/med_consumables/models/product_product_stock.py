from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain

from ..core.usable import StockFigures

#: Roles that see the stock of all departments.
ALL_STOCK = (
    "stock.group_stock_user",
    "med_consumables.group_data_owner",
    "med_consumables.group_auditor",
)


class ProductProduct(models.Model):
    """How much of an item can be used, in a place and its sub-places."""

    _inherit = "product.product"

    med_usable_qty = fields.Float(
        string="Usable",
        compute="_compute_med_usable_qty",
        digits="Product Unit",
        compute_sudo=False,
        help="On hand, less what is past its date, on hold, recalled or in quarantine, "
        "reserved, or used and not yet posted. A ward sees its own departments and "
        "the stores.",
    )

    @api.depends(
        "stock_move_ids.product_qty", "stock_move_ids.state", "stock_move_ids.quantity"
    )
    @api.depends_context("location", "warehouse_id", "uid", "allowed_company_ids")
    def _compute_med_usable_qty(self):
        places = self._med_usable_places()
        figures = self._origin._med_stock(places)
        for product in self:
            usable = sum(figures[product._origin.id, p.id].usable for p in places)
            product.med_usable_qty = product.uom_id.round(usable)

    def _med_usable_places(self):
        """The places that the context names, as far as this person may count them.

        Without a context: all warehouses, or the own departments of a ward.
        """
        Location = self.env["stock.location"].sudo()  # quantities only, own places
        context = self.env.context
        location, warehouse = context.get("location"), context.get("warehouse_id")
        named = Domain.TRUE
        if location:
            ids = location if isinstance(location, (list, tuple)) else [location]
            named &= Domain("id", "child_of", [int(one) for one in ids])
        if warehouse:
            ids = warehouse if isinstance(warehouse, (list, tuple)) else [warehouse]
            named &= Domain("warehouse_id", "in", [int(one) for one in ids])
        mine = Domain("usage", "=", "internal")
        mine &= Domain("company_id", "in", self.env.companies.ids)
        user = self.env.user
        if not self.env.su and not any(user.has_group(group) for group in ALL_STOCK):
            departments = self.env["med.department"].search(
                [("id", "child_of", user.med_department_ids.ids)]
            )
            shelves = departments.stock_location_id
            if location or warehouse:
                stores = (
                    self.env["stock.warehouse"]
                    .sudo()
                    .search([("company_id", "in", self.env.companies.ids)])
                )
                shelves |= stores.lot_stock_id
            mine &= Domain("id", "child_of", shelves.ids)
        return Location.search(named & mine)._med_topmost()

    def _med_stock(self, locations):
        """Stock of these products: ``{(product id, location id): StockFigures}``.

        For each of ``locations`` with its children; products without stock there have
        figures of nothing. The number of queries is fixed. Past its date is what must
        leave the shelf by its removal date: Odoo's forecast and reservation leave out
        the same lots. The figures are right whoever asks, so the caller decides which
        places a person may ask about.
        """
        found = defaultdict(StockFigures)
        if not self.ids or not locations.ids:
            return found
        places = self.env["stock.location"].sudo().with_context(active_test=False)
        places = places.search_fetch(
            [("id", "child_of", locations.ids)], ["parent_path"]
        )
        asked = set(locations.ids)
        counts_for = {
            place.id: [
                ancestor
                for ancestor in map(int, place.parent_path.rstrip("/").split("/"))
                if ancestor in asked
            ]
            for place in places
        }
        for (product, place), figures in self._med_stock_by_place(places).items():
            for ancestor in counts_for[place]:
                found[product, ancestor] += figures
        return found

    def _med_stock_by_place(self, places):
        """``{(product id, place id): StockFigures}`` of each place alone."""
        domain = Domain("product_id", "in", self.ids)
        domain &= Domain("location_id", "in", places.ids)
        quants = self.env["stock.quant"].sudo()  # see _med_stock
        late, held = quants._med_late_domain(), quants._med_held_domain()
        everything = quants._med_sums(domain)
        expired = quants._med_sums(domain & late)
        on_hold = quants._med_sums(domain & held & ~late)
        pending = self._med_pending_use(places)
        return {
            key: StockFigures(
                on_hand=everything[key][0],
                expired=expired[key][0],
                held=on_hold[key][0],
                reserved=everything[key][1] - expired[key][1] - on_hold[key][1],
                pending=pending.get(key, 0.0),
            )
            for key in everything.keys() | pending.keys()
        }

    def _med_pending_use(self, locations):
        """Use that is recorded and not posted to stock yet, net of returns.

        ``{(product id, location id): quantity in the product's unit}`` for the shelves
        in ``locations``. Whoever shows or judges stock subtracts it.
        """
        groups = (
            self.env["med.consumption"]
            .sudo()
            ._read_group(
                # Stock figures must be right for people who may not read the ledger.
                self.env["med.consumption"]._pending_domain()
                & Domain("product_id", "in", self.ids)
                & Domain("location_id", "in", locations.ids),
                ["product_id", "location_id", "kind"],
                ["quantity:sum"],
            )
        )
        pending = {}
        for product, location, kind, quantity in groups:
            key = product.id, location.id
            sign = -1 if kind == "return" else 1
            pending[key] = pending.get(key, 0.0) + sign * quantity
        return pending

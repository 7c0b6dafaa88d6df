from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .med_product_search import TYPED
from .med_stock_figures import FIGURES, KEY, TRAITS, counted, outdated

#: So many items that words have found are named to the database one by one.
FEW_ITEMS = 5_000
#: What is a record here and a plain number where it is kept.
COPIES = {
    "company": "company_id",
    "currency": "currency_id",
    "warehouse": "warehouse_id",
    "department": "department_id",
    "categ": "categ_id",
    "uom": "uom_id",
}


class MedStockOverview(models.Model):
    """One row per item, place and owner: what lies there, and in which state.

    On hand is the sum of usable, reserved, held, expired and recorded but not posted;
    what is on its way comes on top. Rows are those of ``med.stock.place`` with the
    figures kept there; places where something happened since they were counted, or a
    lot became late, are counted by the query itself, also where they have no row yet.
    So a reader sees what stands at this moment, and only the few places that changed in
    the last minutes cost time.
    """

    _name = "med.stock.overview"
    _description = "Stock Overview"
    _auto = False
    _order = "product_id.id, location_id.id, id"
    _depends = {
        "med.stock.place": ["product_id", "location_id", "owner_id"],
        "stock.quant": [
            "product_id",
            "location_id",
            "owner_id",
            "quantity",
            "reserved_quantity",
            "removal_date",
            "expiration_date",
            "med_hold",
        ],
        "stock.location": [
            "usage",
            "company_id",
            "warehouse_id",
            "med_department_id",
            "med_quarantine",
        ],
        "stock.move.line": [
            "product_id",
            "location_id",
            "location_dest_id",
            "quantity_product_uom",
            "state",
        ],
        "med.consumption": ["product_id", "location_id", "quantity", "kind", "state"],
        "med.daily.use": ["product_id", "location_id", "daily_use"],
        "med.department": ["kind", "stock_location_id"],
        "product.product": ["standard_price", "product_tmpl_id"],
        "product.template": [
            "categ_id",
            "uom_id",
            "med_consumable",
            "med_value_class",
            "med_abc",
            "med_ved",
        ],
    }
    _rec_name = "product_id"

    product_id = fields.Many2one("product.product", string="Item", readonly=True)
    categ_id = fields.Many2one("product.category", string="Category", readonly=True)
    uom_id = fields.Many2one("uom.uom", string="Unit", readonly=True)
    department_id = fields.Many2one("med.department", readonly=True)
    location_id = fields.Many2one("stock.location", string="Place", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    place_kind = fields.Selection(
        [("ward", "Ward"), ("store", "Store"), ("transit", "In transit")],
        string="Kind of Place",
        readonly=True,
    )
    owner_id = fields.Many2one(
        "res.partner",
        readonly=True,
        help="Empty for the hospital's own stock; else the supplier whose it still is.",
    )
    company_id = fields.Many2one("res.company", readonly=True)
    med_value_class = fields.Selection(
        [("low", "Low value"), ("high", "High value")],
        string="Value Class",
        readonly=True,
    )
    med_abc = fields.Selection(
        [("A", "A"), ("B", "B"), ("C", "C")], string="ABC", readonly=True
    )
    med_ved = fields.Selection(
        [("V", "Vital"), ("E", "Essential"), ("D", "Desirable")],
        string="VED",
        readonly=True,
    )

    on_hand = fields.Float(digits="Product Unit", readonly=True)
    usable = fields.Float(
        digits="Product Unit",
        readonly=True,
        help="On hand, less what is reserved, held, expired, or used and not posted.",
    )
    reserved = fields.Float(
        digits="Product Unit",
        readonly=True,
        help="Promised to a transfer; neither held nor expired.",
    )
    held = fields.Float(
        digits="Product Unit",
        readonly=True,
        help="On hold, recalled or in quarantine, and not expired.",
    )
    expired = fields.Float(
        digits="Product Unit", readonly=True, help="Past the date to leave the shelf."
    )
    pending = fields.Float(
        string="Not Posted",
        digits="Product Unit",
        readonly=True,
        help="Recorded as used and not posted to stock yet, less returns.",
    )
    in_transit = fields.Float(
        string="On Its Way",
        digits="Product Unit",
        readonly=True,
        help="Set aside elsewhere for a transfer to this place. Not part of on hand.",
    )
    daily_use = fields.Float(
        digits=(16, 4),
        readonly=True,
        help="Mean of the last 90 days of the ledger, as of last night: of the ward, "
        "or of all departments for a store.",
    )
    days_of_cover = fields.Float(
        digits=(16, 1),
        readonly=True,
        aggregator="min",
        help="Usable divided by daily use; empty where nothing is used. A group shows "
        "its lowest.",
    )
    next_expiry = fields.Date(
        readonly=True, aggregator="min", help="Of what is not expired yet."
    )
    currency_id = fields.Many2one("res.currency", readonly=True)
    value = fields.Monetary(
        readonly=True, help="On hand at today's cost. Stock of suppliers has none."
    )

    @property
    def _table_query(self):
        """Kept figures, and fresh ones of places where something happened since.

        The two are put one after the other rather than joined: no guess of the
        database's about how many are fresh can make a page slow. Nothing else is
        joined either: whatever a hospital is sorted and grouped by stands in the row.

        The conditions stand outside, and both parts have columns of the same types:
        only so the database goes through the kept ones in the order of the page.
        """
        columns = SQL(", ").join(map(SQL.identifier, (*KEY, *FIGURES, *TRAITS)))
        return SQL(
            """
            SELECT %(shown)s
            FROM (
                SELECT %(columns)s, TRUE AS kept FROM med_stock_place
                UNION ALL
                SELECT %(columns)s, FALSE AS kept FROM (%(fresh)s) fresh
            ) place
            WHERE place.shown AND NOT (
                place.kept AND place.id IN (SELECT id FROM (%(outdated)s) outdated)
            )
            """,
            shown=SQL(", ").join(
                SQL(
                    "%s AS %s",
                    SQL.identifier("place", name),
                    SQL.identifier(COPIES.get(name, name)),
                )
                for name in (*KEY, *FIGURES, *TRAITS)
            ),
            columns=columns,
            fresh=counted(outdated()),
            outdated=outdated(),
        )

    @api.model
    def _search(self, domain, *args, **kwargs):
        domain = Domain(domain).map_conditions(self._with_items_named)
        return super()._search(domain, *args, **kwargs)

    @api.model
    def _with_items_named(self, condition):
        """Words typed for an item become the few items meant.

        The database then knows how few rows there will be and goes to them, instead of
        looking through all places in the order of the page.
        """
        if condition.field_expr != "product_id" or condition.operator not in TYPED:
            return condition
        items = self.env["product.product"].with_context(active_test=False)
        found = items.search(
            [("display_name", condition.operator, condition.value)],
            limit=FEW_ITEMS + 1,
            order="id",
        )
        if len(found) > FEW_ITEMS:
            return condition
        return Domain("product_id", "in", found.ids)

    # ---- Where the figures come from -------------------------------------------------

    def action_view_item(self):
        self.ensure_one()
        return self._open("product.product", self.product_id.display_name, form=True)

    def action_view_lots(self):
        """Lots in this place; whoever may see the place may see its lots."""
        self.ensure_one()
        self.check_access("read")
        quants = self.env["stock.quant"].sudo()  # a ward's own shelf, as just checked
        lots = quants.search(self._quant_domain()).lot_id
        return self._open(
            "stock.lot", self.env._("Lots"), domain=[("id", "in", lots.ids)]
        )

    def action_view_quants(self):
        self.ensure_one()
        return self._open(
            "stock.quant", self.env._("Stock"), domain=self._quant_domain()
        )

    def action_view_moves(self):
        self.ensure_one()
        domain = [("product_id", "=", self.product_id.id), "|"]
        domain += [("location_id", "=", self.location_id.id)]
        domain += [("location_dest_id", "=", self.location_id.id)]
        return self._open("stock.move.line", self.env._("Moves"), domain=domain)

    def action_view_use(self):
        self.ensure_one()
        domain = [("product_id", "=", self.product_id.id)]
        if self.place_kind == "ward":
            domain += [("department_id", "=", self.department_id.id)]
        return self._open("med.consumption", self.env._("Use"), domain=domain)

    def _quant_domain(self):
        return [
            ("product_id", "=", self.product_id.id),
            ("location_id", "=", self.location_id.id),
            ("owner_id", "=", self.owner_id.id),
        ]

    def _open(self, model, name, domain=None, form=False):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form" if form else "list,form",
            "views": [(False, "form")] if form else [(False, "list"), (False, "form")],
            "res_id": form and self.product_id.id,
            "domain": domain or [],
        }

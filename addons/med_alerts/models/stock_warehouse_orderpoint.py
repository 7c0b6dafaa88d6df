from collections import defaultdict
from dataclasses import dataclass

from odoo import api, fields, models
from odoo.fields import Domain


@dataclass(frozen=True, slots=True)
class Usable:
    """Stock of one product in one place, in the product's unit."""

    on_hand: float
    expired: float
    held: float
    pending: float

    @property
    def quantity(self):
        """What can be used: not past its date, not on hold, not used already."""
        return self.on_hand - self.expired - self.held - self.pending


class StockWarehouseOrderpoint(models.Model):
    _inherit = "stock.warehouse.orderpoint"

    med_alert_count = fields.Integer(
        string="Open Alerts", compute="_compute_med_alert_count"
    )

    def _compute_med_alert_count(self):
        counts = self.env["med.alert"]._count_open("orderpoint_id", self)
        for orderpoint in self:
            orderpoint.med_alert_count = counts.get(orderpoint, 0)

    @api.model_create_multi
    def create(self, vals_list):
        orderpoints = super().create(vals_list)
        orderpoints._med_touch()
        return orderpoints

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"product_min_qty", "product_max_qty", "active"}:
            self._med_touch()
        return result

    def unlink(self):
        self._med_touch()
        return super().unlink()

    def action_view_med_alerts(self):
        return self.env["med.alert"]._action_open_of("orderpoint_id", self)

    def _med_touch(self):
        self.env["med.alert.touch"]._touch(
            (orderpoint.product_id.id, orderpoint.location_id.id) for orderpoint in self
        )

    def _med_usable(self):
        """Stock in the places of these reorder rules: ``{orderpoint: Usable}``.

        Children of a place count for it. Past its date is what must leave the shelf by
        its removal date: Odoo's forecast and reservation leave out the same lots. Held
        is what is on hold or lies in quarantine, as far as it is not past its date.
        """
        locations = self.env["stock.location"].search(
            [("id", "child_of", self.location_id.ids)]
        )
        domain = Domain("product_id", "in", self.product_id.ids)
        domain &= Domain("location_id", "in", locations.ids)
        late = Domain("removal_date", "<=", fields.Datetime.now())
        out = Domain("med_hold", "=", True) | Domain(
            "location_id.med_quarantine", "=", True
        )
        on_hand = self._med_on_shelves(domain)
        expired = self._med_on_shelves(domain & late)
        held = self._med_on_shelves(domain & out & ~late)
        pending = self._med_fold(self.product_id._med_pending_use(locations))
        usable = {}
        for orderpoint in self:
            key = orderpoint.product_id.id, orderpoint.location_id.id
            rounded = (
                orderpoint.product_uom.round(figures[key])
                for figures in (on_hand, expired, held, pending)
            )
            usable[orderpoint] = Usable(*rounded)
        return usable

    def _med_on_shelves(self, domain):
        groups = self.env["stock.quant"]._read_group(
            domain, ["product_id", "location_id"], ["quantity:sum"]
        )
        return self._med_fold(
            {(product.id, place.id): total for product, place, total in groups}
        )

    def _med_fold(self, quantities):
        """``quantities`` by (product id, location id), added up at all places above."""
        places = self.env["stock.location"].browse({place for _, place in quantities})
        above = {
            place.id: [int(part) for part in place.parent_path.split("/") if part]
            for place in places
        }
        folded = defaultdict(float)
        for (product, place), quantity in quantities.items():
            for ancestor in above[place]:
                folded[product, ancestor] += quantity
        return folded

    def _med_on_the_way(self):
        """What is coming to these places: ``{orderpoint: quantity in its unit}``.

        Open moves from outside the place into it, and what native code counts as in
        progress: requests for quotation, and what other addons add there.
        """
        if not self:
            return {}
        in_progress = self._quantity_in_progress()
        moves = self.env["stock.move"]._read_group(
            [
                ("state", "not in", ("draft", "done", "cancel")),
                ("product_id", "in", self.product_id.ids),
                "|",
                ("location_dest_id", "child_of", self.location_id.ids),
                ("location_final_id", "child_of", self.location_id.ids),
            ],
            ["product_id", "location_id", "location_dest_id", "location_final_id"],
            ["product_qty:sum"],
        )
        coming = defaultdict(float)
        for product, source, dest, final, quantity in moves:
            inside = set((source.parent_path or "").split("/"))
            reached = set((final or dest).parent_path.split("/"))
            for place in reached - inside - {""}:
                coming[product.id, int(place)] += quantity
        return {
            orderpoint: in_progress[orderpoint.id]
            + coming[orderpoint.product_id.id, orderpoint.location_id.id]
            for orderpoint in self
        }

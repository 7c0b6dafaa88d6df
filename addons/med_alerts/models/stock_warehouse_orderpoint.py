from collections import defaultdict

from odoo import api, fields, models

#: What alerts compare stock with.
LEVELS = {"product_min_qty", "product_max_qty", "med_safety_stock", "active"}


class StockWarehouseOrderpoint(models.Model):
    _inherit = "stock.warehouse.orderpoint"

    med_safety_stock = fields.Float(
        string="Safety Stock",
        digits="Product Unit",
        help="What is held for surprises, part of the minimum: alerts can tell when it "
        "is being used up. Entered by hand or by whoever plans the levels.",
    )
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
        if vals.keys() & {
            "product_min_qty",
            "product_max_qty",
            "med_safety_stock",
            "active",
        }:
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
        """Stock in the places of these reorder rules: ``{orderpoint: StockFigures}``.

        Children of a place count for it; ``usable`` is what can still be given out.
        """
        figures = self.product_id._med_stock(self.location_id)
        return {
            orderpoint: figures[
                orderpoint.product_id.id, orderpoint.location_id.id
            ].rounded(orderpoint.product_uom.round)
            for orderpoint in self
        }

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

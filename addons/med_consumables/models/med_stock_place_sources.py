"""What makes a place of an item: stock in it, use from it, goods on their way to it."""

from odoo import api, models


class StockQuant(models.Model):
    _inherit = "stock.quant"

    _med_place_idx = models.Index("(product_id, location_id)")

    @api.model_create_multi
    def create(self, vals_list):
        quants = super().create(vals_list)
        self.env["med.stock.place"]._add(
            {(q.product_id.id, q.location_id.id, q.owner_id.id) for q in quants}
        )
        return quants


class MedConsumption(models.Model):
    _inherit = "med.consumption"

    _pending_place_idx = models.Index(
        "(product_id, location_id) WHERE state IN ('recorded', 'incident')"
    )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        self.env["med.stock.place"]._add(
            {
                (vals["product_id"], vals["location_id"], False)
                for vals in vals_list
                if vals.get("location_id") and not vals.get("historical")
            }
        )
        return lines


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    _med_coming_idx = models.Index(
        "(product_id, location_dest_id) "
        "WHERE state IN ('assigned', 'partially_available')"
    )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        inside = ("internal", "transit")
        self.env["med.stock.place"]._add(
            {
                (line.product_id.id, line.location_dest_id.id, False)
                for line in lines
                if line.location_dest_id.usage in inside
                and line.location_id.usage in inside
            }
        )
        return lines

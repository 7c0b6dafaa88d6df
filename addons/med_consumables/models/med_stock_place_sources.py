"""By which index the figures of one place of an item are counted."""

from odoo import models


class StockQuant(models.Model):
    _inherit = "stock.quant"

    _med_place_idx = models.Index("(product_id, location_id)")


class MedConsumption(models.Model):
    _inherit = "med.consumption"

    _pending_place_idx = models.Index(
        "(product_id, location_id) WHERE state IN ('recorded', 'incident')"
    )


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    _med_coming_idx = models.Index(
        "(product_id, location_dest_id) "
        "WHERE state IN ('assigned', 'partially_available')"
    )

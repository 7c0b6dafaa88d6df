from odoo import models


class StockMove(models.Model):
    """Reserving leaves out what is expired, on hold or in quarantine.

    A move that takes goods out of use for good (scrap, supplier, quarantine) may take
    just these.
    """

    _inherit = "stock.move"

    def _update_reserved_quantity(self, *args, **kwargs):
        moves = self.with_context(**self._med_what_to_take())
        return super(StockMove, moves)._update_reserved_quantity(*args, **kwargs)

    def _get_available_quantity(self, *args, **kwargs):
        moves = self.with_context(**self._med_what_to_take())
        return super(StockMove, moves)._get_available_quantity(*args, **kwargs)

    def _med_what_to_take(self):
        destination = self.location_dest_id
        way_out = bool(destination) and all(
            place.usage in ("inventory", "supplier") or place._med_in_quarantine()
            for place in destination
        )
        return {"med_way_out": way_out, "med_without_hold": not way_out}

from odoo import fields, models


class MedConsumption(models.Model):
    """Posting by Odoo's own steps: transfer, moves, move lines, done.

    For returns, stock whose value is a queue of receipts or an entry in
    the books, and wherever another addon has something to say about a done move.
    """

    _inherit = "med.consumption"

    def _move_by_steps(self, planned):
        """``[(planned, move)]``; one transfer a department and direction."""
        made = []
        transfers = {}
        for move in planned:
            key = move.department, move.source, move.destination
            transfers.setdefault(key, []).append(move)
        for together in transfers.values():
            made += zip(together, self._transfer_by_steps(together), strict=True)
        return made

    def _transfer_by_steps(self, planned):
        picking = self.env["stock.picking"].create(self._prepare_transfer(planned[0]))
        moves = self.env["stock.move"].create(
            [self._prepare_move(picking, move) for move in planned]
        )
        # What took place is recorded, whatever the lot; the line says so if it must.
        picking.with_context(med_recorded_use=True)._action_done()
        for move in moves:
            # Done moves bear the hour of posting; the use was earlier.
            move.date = move.company_id._med_accounting_time(move.med_event_time)
        return moves

    def _prepare_transfer(self, planned):
        """What is equal in all ``planned`` moves of one transfer."""
        code = planned.department.code
        return {
            "picking_type_id": planned.department.warehouse_id.med_use_type_id.id,
            "location_id": planned.source.id,
            "location_dest_id": planned.destination.id,
            "company_id": planned.department.company_id.id,
            "origin": f"{code} return" if planned.returned else f"{code} use",
        }

    def _prepare_move(self, picking, planned):
        product = planned.product
        return {
            "picking_id": picking.id,
            "picking_type_id": picking.picking_type_id.id,
            "product_id": product.id,
            "product_uom": product.uom_id.id,
            "product_uom_qty": planned.quantity,
            "location_id": picking.location_id.id,
            "location_dest_id": picking.location_dest_id.id,
            "company_id": picking.company_id.id,
            "origin_returned_move_id": planned.returned.id,
            "med_event_time": planned.event_time(fields.Datetime.now()),
            "picked": True,
            "move_line_ids": [
                fields.Command.create(
                    {
                        "product_id": product.id,
                        "product_uom_id": product.uom_id.id,
                        "picking_id": picking.id,
                        "company_id": picking.company_id.id,
                        "lot_id": lot,
                        "quantity": quantity,
                        "location_id": place if not planned.returned else source,
                        "location_dest_id": place if planned.returned else destination,
                        "picked": True,
                    }
                )
                for source, destination in [(planned.source.id, planned.destination.id)]
                for (lot, place), quantity in planned.quantity_by_spot.items()
            ],
        }

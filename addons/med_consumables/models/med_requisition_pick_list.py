from collections import defaultdict
from dataclasses import dataclass

from odoo import models


@dataclass(frozen=True, slots=True)
class PickRow:
    """One stop of the picker; ``wards`` says how the quantity is shared out."""

    place: str
    item: str
    lot: str
    expiry: str
    quantity: str
    unit: str
    wards: str


class MedRequisition(models.Model):
    """What the printed pick list says; several requests are one round."""

    _inherit = "med.requisition"

    def _open_pick_moves(self):
        return self.picking_ids.move_ids.filtered(
            lambda move: (
                move.state not in ("done", "cancel")
                and move.med_requisition_line_id
                and not move.origin_returned_move_id
            )
        )

    def _pick_rows(self, moves=None):
        """Stops in the order of places and items: each lot once for the whole round.

        ``moves`` are those of a round; without them all that is open.
        """
        shares = defaultdict(lambda: defaultdict(float))
        moves = self._open_pick_moves() if moves is None else moves
        for row in moves.move_line_ids:
            stop = row.location_id, row.product_id, row.lot_id, row.product_uom_id
            ward = row.move_id.med_requisition_line_id.department_id
            shares[stop][ward] += row.quantity
        rows = []
        for (place, product, lot, unit), by_ward in shares.items():
            hospital = self.company_id[:1] or self.env.company
            rows.append(
                PickRow(
                    place=place.display_name,
                    item=product.display_name,
                    lot=lot.name or "",
                    expiry=(
                        hospital._med_day(lot.expiration_date).isoformat()
                        if lot.expiration_date
                        else ""
                    ),
                    quantity=f"{sum(by_ward.values()):g}",
                    unit=unit.name,
                    wards=self._shared_out(by_ward),
                )
            )
        return sorted(rows, key=lambda row: (row.place, row.item, row.expiry))

    def _pick_lacking(self, moves=None):
        """What is approved and not reserved: the store has to say so or substitute."""
        lacking = defaultdict(lambda: defaultdict(float))
        for move in self._open_pick_moves() if moves is None else moves:
            short = move.product_uom_qty - move.quantity
            if move.product_uom.compare(short, 0) > 0:
                ward = move.med_requisition_line_id.department_id
                lacking[move.product_id, move.product_uom][ward] += short
        return [
            PickRow(
                place="",
                item=product.display_name,
                lot="",
                expiry="",
                quantity=f"{sum(by_ward.values()):g}",
                unit=unit.name,
                wards=self._shared_out(by_ward),
            )
            for (product, unit), by_ward in lacking.items()
        ]

    def _shared_out(self, by_ward):
        return ", ".join(
            f"{ward.name} {quantity:g}" for ward, quantity in by_ward.items()
        )

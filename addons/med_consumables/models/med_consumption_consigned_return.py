from odoo import SUPERUSER_ID, models
from odoo.fields import Command


class MedConsumption(models.Model):
    """What comes back from use is the supplier's again: same lot, same place.

    The piece leaves as ours, on the order that bought it, and arrives as theirs; the
    order has received that much less, so nobody pays for it.
    """

    _inherit = "med.consumption"

    def _post_returns(self):
        moves = super()._post_returns()
        self.filtered(lambda line: line.kind == "return")._give_back_consigned()
        return moves

    def _give_back_consigned(self):
        given_back = self.allocation_ids.filtered(
            lambda part: part.origin_id and part.quantity < 0
        )
        if not given_back:
            return
        settled = (
            self.env["med.consignment.settlement"]
            .sudo()  # whoever returns need not see what suppliers are paid
            .search([("consumption_id", "in", given_back.origin_id.consumption_id.ids)])
        )
        for part in given_back if settled else ():
            left = -part.quantity
            for settlement in settled.filtered(
                lambda row, part=part: (
                    row.consumption_id == part.origin_id.consumption_id
                    and row.lot_id == part.lot_id
                )
            ):
                open_quantity = settlement.quantity - settlement.reversed_quantity
                quantity = min(left, open_quantity)
                if settlement.product_id.uom_id.compare(quantity, 0) > 0:
                    self._reverse_settlement(settlement, quantity)
                    left -= quantity

    def _reverse_settlement(self, settlement, quantity):
        receipt = settlement.order_line_id.move_ids.filtered(
            lambda move: move.state == "done" and move.location_id.usage == "supplier"
        )[:1]
        owner = settlement.supplier_id
        # The ward's return is a fact; the system gives the piece back to its owner.
        ours = (
            self.env["stock.picking"]
            .with_user(SUPERUSER_ID)
            .with_context(med_recorded_use=True)
            .create(self._prepare_reversal(settlement, receipt, quantity))
        )
        part = settlement.consumption_id, settlement, quantity
        theirs = self._consigned_transfer(
            owner, [part], settlement.order_id.name, back=True
        )
        (ours | theirs)._action_done()
        settlement.reversed_quantity += quantity

    def _prepare_reversal(self, settlement, receipt, quantity):
        supplier = receipt.location_id
        line = settlement.consumption_id
        return {
            "picking_type_id": line.department_id.warehouse_id.out_type_id.id,
            "location_id": settlement.location_id.id,
            "location_dest_id": supplier.id,
            "partner_id": settlement.supplier_id.id,
            "company_id": settlement.company_id.id,
            "origin": settlement.order_id.name,
            "move_ids": [
                Command.create(
                    {
                        "product_id": line.product_id.id,
                        "product_uom": line.uom_id.id,
                        "product_uom_qty": quantity,
                        "location_id": settlement.location_id.id,
                        "location_dest_id": supplier.id,
                        "company_id": settlement.company_id.id,
                        "origin_returned_move_id": receipt.id,
                        "purchase_line_id": settlement.order_line_id.id,
                        "to_refund": True,
                        "picked": True,
                        "move_line_ids": [
                            Command.create(
                                self._prepare_piece(
                                    settlement.location_id,
                                    supplier,
                                    settlement,
                                    quantity,
                                )
                            )
                        ],
                    }
                )
            ],
        }

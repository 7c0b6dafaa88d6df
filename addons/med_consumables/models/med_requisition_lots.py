from odoo import models


class MedRequisitionLine(models.Model):
    """Which lots of an item went out, and what is still to go."""

    _inherit = "med.requisition.line"

    def _issued_lots(self):
        """``[(product, lot, quantity)]`` issued and not sent back, the last first.

        Also what is on its way back counts as sent back. Units are the product's own.
        """
        self.ensure_one()
        left = {}
        # A ward may know which lots came to its shelf.
        for move in self.sudo().move_ids.sorted("id"):
            if move.state == "cancel":
                continue
            sign = -1 if move.origin_returned_move_id else 1
            if sign > 0 and move.state != "done":
                continue
            for row in move.move_line_ids:
                key = row.product_id, row.lot_id
                left[key] = left.get(key, 0.0) + sign * row.quantity_product_uom
        return [
            (product.sudo(False), lot.sudo(False), product.uom_id.round(quantity))
            for (product, lot), quantity in reversed(left.items())
            if product.uom_id.compare(quantity, 0) > 0
        ]

    def _may_come_back(self):
        """``[(product, lot, quantity)]``; a loan comes back in any lot of the item."""
        self.ensure_one()
        if self.requisition_id.kind == "loan":
            return self._lent()
        return self._issued_lots()

    def _lent(self):
        """``[(product, no lot, quantity)]`` lent and not sent back, lots added up."""
        left = {}
        for move in self.sudo().move_ids:  # see _issued_lots
            if move.state == "cancel":
                continue
            back = bool(move.origin_returned_move_id)
            if not back and move.state != "done":
                continue
            quantity = move.product_qty if move.state != "done" else move.quantity
            product = move.product_id
            left[product] = left.get(product, 0.0) + (-quantity if back else quantity)
        return [
            (product.sudo(False), self.env["stock.lot"], quantity)
            for product, quantity in left.items()
            if product.uom_id.compare(quantity, 0) > 0
        ]

    def _open_moves(self):
        """Moves of the asked item that the store still has to pick."""
        self.ensure_one()
        return self.move_ids.filtered(
            lambda move: (
                move.state not in ("done", "cancel")
                and not move.origin_returned_move_id
                and move.product_id == self.product_id
            )
        )

    def _ratio_of(self, substitute):
        """Units of ``substitute`` for one unit of this item; 0.0 where nobody knows.

        As the two are linked, else by their units.
        """
        self.ensure_one()
        links = self.product_id._med_substitute_links().get(self.product_id, ())
        for other, ratio, _note in links:
            if other == substitute:
                return ratio
        if not self.uom_id._has_common_reference(substitute.uom_id):
            return 0.0
        return self.uom_id._compute_quantity(1.0, substitute.uom_id, round=False)

    def _ratio_issued(self, product):
        """Units of ``product`` that went out for one unit of this item."""
        moves = self.sudo().move_ids  # see _issued_lots
        moves = moves.filtered(lambda move: move.product_id == product)
        return moves[:1].med_substitute_ratio or 1.0

    def _issue_instead(self, substitute, quantity):
        """How much of ``substitute`` replaces ``quantity``, in its own unit."""
        wanted = quantity * self._ratio_of(substitute)
        return substitute.uom_id.round(wanted, rounding_method="UP")

    def _replace_moves(self, moves, substitute, quantity):
        """Pick ``substitute`` for ``quantity`` (in this item's unit) of ``moves``."""
        picking = moves.picking_id[:1]
        values = {
            "product_id": substitute.id,
            "product_uom": substitute.uom_id.id,
            "product_uom_qty": self._issue_instead(substitute, quantity),
            "location_id": picking.location_id.id,
            "location_dest_id": picking.location_dest_id.id,
            "company_id": picking.company_id.id,
            "picking_id": picking.id,
            "picking_type_id": picking.picking_type_id.id,
            "med_requisition_line_id": self.id,
            "med_substitute_ratio": self._ratio_of(substitute),
        }
        # The substitute first: an empty transfer would be cancelled for a moment.
        new = self.env["stock.move"].create(values)
        new._action_confirm()
        left = quantity
        for move in moves:
            taken = min(left, move.product_uom_qty)
            left -= taken
            if self.uom_id.compare(taken, move.product_uom_qty) >= 0:
                move._action_cancel()
            elif taken:
                move._do_unreserve()
                move.product_uom_qty -= taken
        (new | moves.filtered(lambda move: move.state != "cancel"))._action_assign()

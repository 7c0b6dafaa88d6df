from markupsafe import Markup

from odoo import models
from odoo.exceptions import UserError


class StockPicking(models.Model):
    """What was scanned becomes the lines of the transfer, marked as picked."""

    _inherit = "stock.picking"

    def action_med_scan(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Scan %(transfer)s", transfer=self.display_name),
            "res_model": "med.scan.transfer",
            "view_mode": "form",
            "target": "new",
            "context": {"default_picking_id": self.id, "dialog_size": "extra-large"},
        }

    def _med_moves_of(self, product):
        return self.move_ids.filtered(
            lambda move: (
                move.product_id == product and move.state not in ("done", "cancel")
            )
        )

    def _med_expected(self, product):
        """How much of ``product`` this transfer asks for, in the product's unit."""
        return sum(self._med_moves_of(product).mapped("product_qty"))

    def _med_reserved_lots(self, product):
        """Names of the lots that are reserved here for ``product``."""
        lines = self._med_moves_of(product).move_line_ids
        return lines.filtered("quantity").lot_id.sorted("name").mapped("name")

    def _med_receive(self, scans):
        """Put what was scanned on the receipt; what is left comes as back-order."""
        notes = []
        for scan in scans:
            move = self._med_move_of(scan)
            notes += scan._correct_lot()
            same = self._med_lines_of(scan)[:1]
            if same:
                self._med_count(same, scan, scan.quantity)
                same.write(self._med_label_of(scan))
            else:
                self._med_new_line(
                    scan, move, move.location_id, scan.lot_id, scan.quantity
                )
        # Odoo's own lines without lot stood for what is scanned now.
        self.move_line_ids.filtered(
            lambda line: (
                line.product_id in scans.product_id
                and line.product_id.tracking != "none"
                and not (line.picked or line.lot_id or line.lot_name)
            )
        ).unlink()
        self._med_keep(notes)

    def _med_issue(self, scans):
        """Take what was scanned; another lot than the reserved one with its reason."""
        notes = []
        for scan in scans:
            move = self._med_move_of(scan)
            left = self._med_pick_reserved(scan)
            if scan.uom_id.compare(left, 0) > 0:
                self._med_pick_free(scan, move, left)
            if scan.instead_of:
                notes.append(
                    self.env._(
                        "%(item)s: lot %(lot)s instead of %(reserved)s. %(reason)s",
                        item=scan.product_id.display_name,
                        lot=scan.lot_name,
                        reserved=scan.instead_of,
                        reason=scan.reason,
                    )
                )
        self._med_keep(notes)

    def _med_pick_reserved(self, scan):
        """Pick what is reserved of the lot, place by place; returns the rest."""
        left, uom = scan.quantity, scan.uom_id
        for line in self._med_lines_of(scan).filtered(lambda line: not line.picked):
            if uom.compare(left, 0) <= 0:
                break
            held = line.product_uom_id._compute_quantity(line.quantity, uom)
            taken = min(held, left)
            line.write(
                {
                    "quantity": uom._compute_quantity(taken, line.product_uom_id),
                    "picked": True,
                }
            )
            left -= taken
        return left

    def _med_pick_free(self, scan, move, quantity):
        """Pick more of the lot than is reserved, where most of it is free."""
        place = self._med_place_of(scan, move)
        self._med_free(scan, move, quantity)
        same = self._med_lines_of(scan).filtered(
            lambda line: line.picked and line.location_id == place
        )[:1]
        if same:
            self._med_count(same, scan, quantity)
        else:
            self._med_new_line(scan, move, place, scan.lot_id, quantity)

    def _med_move_of(self, scan):
        move = self._med_moves_of(scan.product_id)[:1]
        if not move:
            raise UserError(
                self.env._(
                    "%(item)s is no longer on %(transfer)s. Remove the line.",
                    item=scan.product_id.display_name,
                    transfer=self.display_name,
                )
            )
        return move

    def _med_lines_of(self, scan):
        """The lines of the same lot, those already picked first."""
        name = scan.lot_name or False
        return (
            self._med_moves_of(scan.product_id)
            .move_line_ids.filtered(
                lambda line: (line.lot_id.name or line.lot_name or False) == name
            )
            .sorted(lambda line: not line.picked)
        )

    def _med_count(self, line, scan, quantity):
        """The scanned quantity, on top of what was scanned before."""
        quantity = scan.uom_id._compute_quantity(quantity, line.product_uom_id)
        line.write(
            {
                "quantity": quantity + (line.quantity if line.picked else 0.0),
                "picked": True,
            }
        )

    def _med_new_line(self, scan, move, place, lot, quantity):
        self.env["stock.move.line"].create(
            {
                "picking_id": self.id,
                "move_id": move.id,
                "product_id": scan.product_id.id,
                "product_uom_id": scan.uom_id.id,
                "quantity": quantity,
                "lot_id": lot.id,
                "lot_name": False if lot else scan.lot_name,
                "location_id": place.id,
                "location_dest_id": move.location_dest_id.id,
                "picked": True,
                **self._med_label_of(scan),
            }
        )

    def _med_label_of(self, scan):
        """What the label says beside the lot; a blank is left out."""
        values = {
            "med_production_date": scan.production,
            "med_sterilisation_lot": scan.sterilisation_lot,
        }
        if not scan.lot_id:
            values["expiration_date"] = scan._expiry_moment()
        return {name: value for name, value in values.items() if value}

    def _med_place_of(self, scan, move):
        """Where the scanned lot lies under the place that this transfer draws from."""
        piles = self.env["stock.quant"]._gather(
            scan.product_id, move.location_id, lot_id=scan.lot_id, strict=False
        )
        piles = piles.filtered(
            lambda pile: pile.lot_id == scan.lot_id and pile.quantity > 0
        )
        if not piles:
            raise UserError(
                self.env._(
                    "Lot %(lot)s of %(item)s does not lie in %(place)s. Count the "
                    "place first, or take another lot.",
                    lot=scan.lot_name,
                    item=scan.product_id.display_name,
                    place=move.location_id.display_name,
                )
            )
        most = max(piles, key=lambda pile: pile.quantity - pile.reserved_quantity)
        return most.location_id

    def _med_free(self, scan, move, left):
        """Give back as much of what was reserved as the scanned lot replaces."""
        uom = scan.uom_id
        for line in move.move_line_ids.filtered(lambda line: not line.picked):
            if uom.compare(left, 0) <= 0:
                return
            held = line.quantity_product_uom
            if uom.compare(held, left) <= 0:
                line.unlink()
            else:
                line.quantity = uom._compute_quantity(held - left, line.product_uom_id)
            left -= held

    def _med_keep(self, notes):
        if notes:
            rows = Markup("").join(Markup("<li>%s</li>") % note for note in notes)
            self.message_post(body=Markup("<ul>%s</ul>") % rows)

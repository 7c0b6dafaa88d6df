from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain

from ..core.usable import Pending, Pile, usable_by_pile


class StockQuant(models.Model):
    """What can be used of one lot in one place."""

    _inherit = "stock.quant"

    med_usable_quantity = fields.Float(
        string="Usable",
        compute="_compute_med_usable_quantity",
        digits="Product Unit",
        help="On hand, less what is past its date, on hold, recalled or in quarantine, "
        "reserved, or used and not yet posted (from the reported lot, else from the "
        "lot that leaves the shelf first).",
    )

    @api.model
    def _med_late_domain(self):
        """Stock past its date: it leaves the shelf by its removal date."""
        now = fields.Datetime.now()
        return Domain("removal_date", "<=", now) | Domain("expiration_date", "<=", now)

    @api.model
    def _med_held_domain(self):
        """Stock that nobody may take although it is not past its date."""
        held = Domain("med_hold", "=", True)
        return held | Domain("location_id.med_quarantine", "=", True)

    @api.model
    def _med_sums(self, domain):
        """``{(product id, place id): (quantity, reserved)}``."""
        sums = defaultdict(lambda: (0.0, 0.0))
        for product, place, quantity, reserved in self._read_group(
            domain,
            ["product_id", "location_id"],
            ["quantity:sum", "reserved_quantity:sum"],
        ):
            sums[product.id, place.id] = quantity, reserved
        return sums

    @api.depends("quantity", "reserved_quantity", "med_hold", "removal_date")
    def _compute_med_usable_quantity(self):
        usable = {pile.key: pile.free for pile in self._med_piles()}
        usable.update(self._med_after_pending())
        for quant in self:
            quant.med_usable_quantity = quant.product_uom_id.round(
                usable.get(quant.id, 0.0)
            )

    def _med_piles(self):
        late = self.filtered_domain(self._med_late_domain())
        held = self.filtered_domain(self._med_held_domain())
        return [
            Pile(
                key=quant.id,
                lot=quant.lot_id.name or None,
                quantity=quant.quantity,
                reserved=quant.reserved_quantity,
                expired=quant in late,
                held=quant in held,
            )
            for quant in self
        ]

    def _med_after_pending(self):
        """Usable by quant where use is not posted yet: ``{quant id: quantity}``.

        As posting will take it, so also from lots of the shelf that are not in self.
        """
        pending = self._med_pending_by_shelf()
        neighbours = self.sudo().search(  # see _med_pending_by_shelf
            [
                ("product_id", "in", [product.id for product, _shelf in pending]),
                ("location_id", "child_of", [shelf.id for _product, shelf in pending]),
                ("quantity", ">", 0),
                ("owner_id", "=", False),
                ("package_id", "=", False),
            ],
            order="removal_date, in_date, id",
        )
        by_product = neighbours.grouped("product_id")
        usable = {}
        for (product, shelf), waiting in pending.items():
            on_shelf = by_product.get(product, self.browse()).filtered(
                lambda quant, path=shelf.parent_path: (
                    quant.location_id.parent_path.startswith(path)
                )
            )
            usable.update(usable_by_pile(on_shelf._med_piles(), waiting))
        return usable

    def _med_less_pending(self, shelf):
        """``{quant: quantity}`` of these piles of ``shelf``, in the order in which they
        are used up, without what was used of them and is not posted.
        """
        pending = self._med_pending_by_shelf()
        left = {}
        for product, quants in self.grouped("product_id").items():
            piles = [
                Pile(quant, quant.lot_id.name or None, quant.quantity)
                for quant in quants
            ]
            left |= usable_by_pile(piles, pending.get((product, shelf), Pending()))
        return left

    def _med_pending_by_shelf(self):
        """Use not posted yet that may touch these: ``{(product, shelf): Pending}``."""
        shelves = {
            int(part)
            for path in self.location_id.mapped("parent_path")
            for part in (path or "").split("/")
            if part
        }
        # Stock figures must be right for people who may not read the ledger.
        ledger = self.env["med.consumption"].sudo()
        groups = ledger._read_group(
            ledger._pending_domain()
            & Domain("product_id", "in", self.product_id.ids)
            & Domain("location_id", "in", list(shelves)),
            ["product_id", "location_id", "lot_name", "serial", "kind"],
            ["quantity:sum"],
        )
        pending = defaultdict(Pending)
        for product, shelf, lot, serial, kind, quantity in groups:
            waiting = pending[product, shelf]
            signed = -quantity if kind == "return" else quantity
            name = serial or lot
            if name:
                waiting.by_lot[name] = waiting.by_lot.get(name, 0.0) + signed
            else:
                waiting.any_lot += signed
        return pending

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from odoo import fields, models
from odoo.tools import SQL

from ..core.fefo import Stock, Use, allocate

#: After every date there is: lots without a removal date leave the shelf last.
NEVER = datetime(9999, 1, 1)  # noqa: DTZ001 (columns hold naive UTC)


@dataclass(frozen=True, slots=True)
class ShelfQuant:
    """One locked row of stock. ``free`` is on hand less reserved."""

    id: int
    product: int
    place: int
    lot: int | None
    free: Decimal
    in_date: datetime
    held: bool = False

    @property
    def key(self):
        return self.product, self.place, self.lot


class MedConsumption(models.Model):
    """Posting of use and waste: which lots of which shelf cover which lines."""

    _inherit = "med.consumption"

    def _post_uses(self):
        lines = self.filtered(lambda line: line.kind != "return")
        if not lines:
            return self.env["stock.move"]
        placed = lines.filtered(
            lambda line: line.location_id and line.department_id.consumption_location_id
        )
        (lines - placed)._set_incident("no_location")
        lots = placed._reported_lots()
        unknown = placed.filtered(lambda line: lots.get(line) is False)
        unknown._set_incident("unknown_lot")
        quants = (placed - unknown)._lock_stock()
        taken = (placed - unknown)._take_from_shelves(lots, quants)
        return self._make_transfers(taken, quants)

    def _reported_lots(self):
        """``{line: lot}`` of lines that name a lot or serial; False where unknown."""
        named = self.filtered(lambda line: line.serial or line.lot_name)
        if not named:
            return {}
        found = self.env["stock.lot"].search(
            [
                ("product_id", "in", named.product_id.ids),
                ("name", "in", [line.serial or line.lot_name for line in named]),
                ("company_id", "in", [False, *named.company_id.ids]),
            ]
        )
        by_name = {(lot.product_id, lot.name): lot for lot in found}
        return {
            line: by_name.get((line.product_id, line.serial or line.lot_name), False)
            for line in named
        }

    def _places(self):
        """``{location id: shelf id}`` of the shelves and all places in them."""
        shelves = self.location_id
        inside = self.env["stock.location"].search([("id", "child_of", shelves.ids)])
        wanted = set(shelves.ids)
        return {
            place.id: shelf
            for place in inside
            for shelf in map(int, reversed(place.parent_path.split("/")[:-1]))
            if shelf in wanted
        }

    def _lock_stock(self):
        """Lock what these lines may take: ``{(shelf, product): [ShelfQuant]}``.

        One statement locks all rows in the order of their ids, so that two processes
        that want the same rows wait for each other and never for ever. Stock of
        somebody else's or in a package is not the department's to take.
        """
        shelf_of = self._places()
        places = defaultdict(list)
        for place, shelf in shelf_of.items():
            places[shelf].append(place)
        wanted = {
            (line.product_id.id, place)
            for line in self
            for place in places[line.location_id.id]
        }
        if not wanted:
            return {}
        Quant = self.env["stock.quant"]
        Quant.flush_model()
        products, locations = zip(*sorted(wanted), strict=True)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT quant.id, quant.product_id, quant.location_id, quant.lot_id,
                       quant.quantity - quant.reserved_quantity, quant.in_date,
                       quant.removal_date, quant.med_hold
                  FROM stock_quant quant
                  JOIN unnest(%s, %s) AS wanted (product_id, location_id)
                       USING (product_id, location_id)
                 WHERE quant.owner_id IS NULL AND quant.package_id IS NULL
              ORDER BY quant.id
                   FOR NO KEY UPDATE OF quant
                """,
                list(products),
                list(locations),
            )
        )
        found = defaultdict(list)
        for row in sorted(rows, key=lambda row: (row[6] or NEVER, row[5], row[0])):
            id_, product, place, lot, free, in_date, _removal, held = row
            found[shelf_of[place], product].append(
                ShelfQuant(
                    id_, product, place, lot, Decimal(str(free)), in_date, bool(held)
                )
            )
        return found

    def _take_from_shelves(self, lots, quants):
        """First expired, first out: ``{line: [Taken]}`` of the lines covered."""
        now = fields.Datetime.now()
        unusable = self.env["stock.lot"].browse(
            {quant.lot for found in quants.values() for quant in found if quant.lot}
        )
        unusable = set(unusable.filtered(lambda lot: lot._med_is_unusable(now)).ids)
        line_by_id = {line.id: line for line in self}
        taken, short = defaultdict(list), defaultdict(list)
        for (shelf, product), lines in self.grouped(
            lambda line: (line.location_id.id, line.product_id.id)
        ).items():
            on_shelf = [
                Stock(
                    quant.lot,
                    quant.place,
                    quant.free,
                    quant.held or quant.lot in unusable,
                )
                for quant in quants.get((shelf, product), ())
            ]
            uses = [
                Use(
                    line.id,
                    Decimal(str(line.quantity)),
                    lots[line].id if line in lots else None,
                    line.counted_line_id.location_id.id or None,
                )
                for line in lines.sorted(lambda line: (line.event_time, line.id))
            ]
            covered, missing = allocate(uses, on_shelf)
            for part in covered:
                taken[line_by_id[part.key]].append(part)
            for key, quantity in missing.items():
                short[quantity].append(key)
        for quantity, ids in short.items():
            self.browse(ids)._set_incident("no_stock", float(quantity))
        return taken

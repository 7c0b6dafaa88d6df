from collections import defaultdict

from odoo import models
from odoo.fields import Domain

from ..core.recall import Found, Spot, refreshed


class MedRecall(models.Model):
    """Looking where each unit is, and keeping the list of it right."""

    _inherit = "med.recall"

    def _look(self):
        """Bring the lists up to date: shelves, transit, quarantine, use."""
        # A list must be whole, whoever asks for it; readers see their own lines.
        for recall in self.sudo():
            recall._post_what_waits()
            lines = {line._spot(): line for line in recall.line_ids}
            before = {
                spot: Found(line.quantity_found, line.quantity_unposted)
                for spot, line in lines.items()
                if line.lot_id in recall.lot_ids
                or (not line.lot_id and line.product_id in recall._held_items())
            }
            recall._write_lines(lines, refreshed(before, recall._find_units()))

    def _post_what_waits(self):
        """Use that is recorded and not posted would count twice."""
        waiting = self.env["med.consumption"]._unposted_of_lots(self.lot_ids)
        waiting = waiting.filtered(lambda line: line.state == "recorded")
        if waiting:
            waiting._post_pending([("id", "in", waiting.ids)], limit=len(waiting))

    def _find_units(self):
        """``{Spot: Found}`` as the books say it now."""
        found = defaultdict(Found)
        for spot, quantity in self._on_shelves():
            found[spot] = Found(found[spot].quantity + quantity)
        ledger = self.env["med.consumption"]
        for (lot, department), quantity in ledger._used_of_lots(self.lot_ids).items():
            spot = Spot(lot, "used", None, department)
            found[spot] = Found(found[spot].quantity + quantity)
        for line in ledger._unposted_of_lots(self.lot_ids):
            lot = line._named_lot(self.lot_ids)
            spot = Spot(lot.id, "used", None, line.department_id.id)
            found[spot] = Found(
                found[spot].quantity + line.quantity,
                found[spot].unposted + line.quantity,
            )
        return dict(found)

    def _on_shelves(self):
        """``[(Spot, quantity)]`` of what lies there or left by what was recorded."""
        without_lot = Domain("lot_id", "=", False)
        groups = self.env["stock.quant"]._read_group(
            (
                Domain("lot_id", "in", self.lot_ids.ids)
                | without_lot & Domain("product_id", "in", self._held_items().ids)
            )
            & Domain("location_id.usage", "in", ("internal", "transit")),
            ["product_id", "lot_id", "location_id"],
            ["quantity:sum"],
        )
        units = defaultdict(float)
        for item, lot, location, quantity in groups:
            units[item, lot, location] += quantity
        for done in self.disposition_ids.filtered("move_id"):
            source, destination = (
                done.move_id.location_id,
                done.move_id.location_dest_id,
            )
            goods = done.line_id.product_id, done.line_id.lot_id
            if done.line_id.location_id == source and not done.from_quarantine:
                units[*goods, source] += done.quantity
            if done.from_quarantine:
                units[*goods, source] += done.quantity
            if done.kind == "quarantined":
                units[*goods, destination] -= done.quantity
        places = self.env["stock.location"].browse(
            place.id for _item, _lot, place in units
        )
        departments = places._med_departments()
        for (item, lot, place), quantity in units.items():
            if item.uom_id.compare(quantity, 0) > 0:
                goods = lot.id or -item.id
                yield self._spot_on_shelf(goods, place, departments[place]), quantity

    def _spot_on_shelf(self, goods, place, department):
        if place._med_in_quarantine():
            kind = "quarantine"
        elif place.usage == "transit":
            kind = "transit"
        elif department and department.kind != "store":
            kind = "ward"
        else:
            kind = "store"
        return Spot(goods, kind, place.id, department.id or None)

    def _write_lines(self, lines, found):
        fresh = []
        for spot, units in found.items():
            values = {
                "quantity_found": units.quantity,
                "quantity_unposted": units.unposted,
            }
            if spot in lines:
                lines[spot].write(values)
            else:
                fresh.append(
                    {
                        "recall_id": self.id,
                        "lot_id": spot.lot if spot.lot > 0 else False,
                        **({"product_id": -spot.lot} if spot.lot < 0 else {}),
                        "place": spot.place,
                        "location_id": spot.location,
                        "department_id": spot.department,
                        **values,
                    }
                )
        self.env["med.recall.line"].create(fresh)
        for spot, line in lines.items():
            if spot not in found:
                if line.disposition_ids:
                    line.write({"quantity_found": 0.0, "quantity_unposted": 0.0})
                else:
                    line.unlink()

from decimal import Decimal

from odoo import fields, models
from odoo.tools import SQL

from ..core.apportion import apportion
from .planned_move import PlannedMove
from .rows import insert_rows


class MedConsumption(models.Model):
    """Posting: from the parts that cover the lines to moves, and their values back.

    Where nothing but quantity, cost and cost centre is at stake, the moves of many
    departments are made done in one go; the others take Odoo's own steps.
    """

    _inherit = "med.consumption"

    def _make_transfers(self, taken, quants=None):
        """Make the moves of ``taken`` and share their values; returns the moves.

        ``taken`` is ``{line: parts}`` of ``_take_from_shelves`` or ``_take_from_uses``
        and ``quants`` the locked stock of the former.
        """
        if not taken:
            return self.env["stock.move"]
        planned = self._plan_moves(taken)
        plain = self._plain_stock(planned, quants or {})
        in_one_go = [move for move in planned if self._is_plain(move, plain)]
        by_steps = [move for move in planned if not self._is_plain(move, plain)]
        made = [
            *self._move_in_one_go(in_one_go, plain),
            *self._move_by_steps(by_steps),
        ]
        self._set_posted(taken, self._allocate(made))
        return self.env["stock.move"].union(*(move for _planned, move in made))

    def _plan_moves(self, taken):
        """One planned move a department, product and hospital's day."""
        planned = {}
        no_use = self.env["med.consumption.allocation"]
        for line, parts in taken.items():
            where = line.department_id, line.location_id, line.product_id
            day = line.company_id._med_day(line.event_time)
            for part in parts:
                if line.kind == "return":
                    use, quantity = part
                    left = use.move_line_id
                    returned = left.move_id
                    spot = left.lot_id.id or None, left.location_id.id
                else:
                    use, quantity, returned = no_use, part.quantity, no_use.move_id
                    spot = part.lot, part.place
                move = planned.setdefault(
                    (*where, returned, day), PlannedMove(*where, returned)
                )
                move.spots[spot].append((line, quantity, use))
        return list(planned.values())

    def _allocate(self, made):
        """Share each move's value over its lines to the cent: by quantity, or by what
        each lot costs where lots have costs of their own.

        ``made`` is ``[(planned, move)]``. Returns ``{line: (value, lot id)}``, the lot
        being that of the first part.
        """
        self.env["stock.move.line"].flush_model()
        spots = self._move_line_by_spot(made)
        rows, outcome = [], {}
        for planned, move in made:
            sign = -1 if planned.returned else 1
            coin = Decimal(str(move.company_currency_id.rounding))
            value = Decimal(str(move.company_currency_id.round(move.value)))
            entries = planned.entries
            shares = apportion(value.quantize(coin), self._weights(planned), coin)
            for (spot, line, quantity, use), share in zip(entries, shares, strict=True):
                rows.append(
                    {
                        "consumption_id": line.id,
                        "move_line_id": spots[move.id, *spot],
                        "origin_id": use.id,
                        "quantity": sign * float(quantity),
                        "value": sign * float(share),
                    }
                )
                total, lot = outcome.get(line, (0, spot[0]))
                outcome[line] = total + sign * share, lot
        insert_rows(self.env["med.consumption.allocation"], rows)
        return outcome

    def _weights(self, planned):
        entries = planned.entries
        by_quantity = [quantity for _spot, _line, quantity, _use in entries]
        if not planned.product.lot_valuated:
            return by_quantity
        lots = self.env["stock.lot"].browse(lot for lot, _place in planned.spots if lot)
        cost = {lot.id: Decimal(str(lot.standard_price)) for lot in lots}
        by_cost = [
            quantity
            # What comes back costs what it cost when it went.
            * (Decimal(str(use.value / use.quantity)) if use else cost.get(lot, 0))
            for (lot, _place), _line, quantity, use in entries
        ]
        return by_cost if sum(by_cost) else by_quantity

    def _move_line_by_spot(self, made):
        """``{(move id, lot id, place id): move line id}``; the place on the shelf."""
        returns = {move.id for planned, move in made if planned.returned}
        lines = self.env.execute_query(
            SQL(
                """
                SELECT id, move_id, lot_id, location_id, location_dest_id
                  FROM stock_move_line WHERE move_id IN %s ORDER BY id DESC
                """,
                tuple(move.id for _planned, move in made),
            )
        )
        return {
            (move, lot, destination if move in returns else source): id_
            for id_, move, lot, source, destination in lines
        }

    def _set_posted(self, taken, outcome):
        """Write on the lines that they are posted, at what value and from which lot."""
        self.env["med.consumption"].flush_model()
        lines = self.browse(line.id for line in outcome)
        self.env.cr.execute(
            SQL(
                """
                UPDATE med_consumption line SET value = new.value, lot_id = new.lot
                  FROM unnest(%s, %s::numeric[], %s::int4[]) AS new (id, value, lot)
                 WHERE line.id = new.id
                """,
                list(lines._ids),
                [value for value, _lot in outcome.values()],
                [lot or None for _value, lot in outcome.values()],
            )
        )
        lines.invalidate_recordset(["value", "lot_id", "allocation_ids"], flush=False)
        unusable = self.browse(
            line.id
            for line, parts in taken.items()
            if line.kind != "return" and any(part.unusable for part in parts)
        )
        now = fields.Datetime.now()
        for some, incident in ((lines - unusable, False), (unusable, "unusable_lot")):
            if some:
                some._set_outcome(state="posted", posted_at=now, incident_code=incident)

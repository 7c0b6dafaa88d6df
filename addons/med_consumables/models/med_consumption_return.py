from collections import defaultdict
from decimal import Decimal

from odoo import models
from odoo.tools import SQL

from ..core.give_back import Used, give_back

#: So many uses are looked at for a return before all are.
ENOUGH = 50


class MedConsumption(models.Model):
    """Posting of returns: which earlier uses each of them gives back.

    A return gives back what its original used; without one, the latest use of the same
    product by the same department, of the same visit and lot where named. So the lot
    that comes back is the lot that left, at the value at which it left.
    """

    _inherit = "med.consumption"

    def _post_returns(self):
        lines = self.filtered(lambda line: line.kind == "return")
        if not lines:
            return self.env["stock.move"]
        return self._make_transfers(lines._take_from_uses())

    def _take_from_uses(self):
        """``{line: [(allocation, quantity)]}`` of the returns that are covered."""
        self.env.flush_all()
        given_back, left = {}, {}
        lines = self.sorted(lambda line: (line.event_time, line.id))
        missing = lines._give_back(lines._latest_uses(ENOUGH), given_back, left)
        if missing:
            again = self.browse(missing)
            missing = again._give_back(again._latest_uses(None), given_back, left)
        exceeding = defaultdict(list)
        for id_, quantity in missing.items():
            exceeding[quantity].append(id_)
        for quantity, ids in exceeding.items():
            self.browse(ids)._set_incident("return_exceeds_use", float(quantity))
        return given_back

    def _give_back(self, uses, given_back, left):
        """Cover these lines from ``uses``; returns ``{line id: missing quantity}``.

        ``given_back`` takes the parts of each covered line and ``left`` what is left
        of each use, over all returns of the batch.
        """
        Allocation = self.env["med.consumption.allocation"]
        short = {}
        for line in self:
            parts, missing = give_back(
                Decimal(str(line.quantity)),
                [
                    Used(use, left.setdefault(use, quantity))
                    for use, quantity in uses[line.id]
                ],
            )
            if missing:
                short[line.id] = missing
                continue
            for part in parts:
                left[part.key] -= part.quantity
            given_back[line] = [
                (Allocation.browse(part.key), part.quantity) for part in parts
            ]
        return short

    def _latest_uses(self, limit):
        """``{line id: [(allocation id, quantity left)]}``, the newest use first.

        At most ``limit`` uses a line; all there are where it is None.
        """
        uses = defaultdict(list)
        reversals = self.filtered("reversal_of_id")
        same_use = SQL("used.id = origin.used_id")
        for line, part, quantity in [
            *reversals._uses_where(same_use, limit),
            *(self - reversals)._uses_where(self._same_kind_of_use(), limit),
        ]:
            uses[line].append((part, Decimal(str(quantity))))
        return uses

    def _uses_where(self, condition, limit):
        """Rows of line, allocation and quantity left; ``condition`` ties ``used``, the
        line of the use, to ``back``, the line of the return, or to ``origin.used_id``,
        the line that moved stock for what the return corrects.
        """
        if not self:
            return []
        backs, origins = [], []
        for line in self:
            told = line.reversal_of_id._told_together()
            moved = [used for each in told for used in each._stock_lines().ids]
            for used in moved or [None]:
                backs.append(line.id)
                origins.append(used)
        return self.env.execute_query(
            SQL(
                """
                SELECT back.id, part.id, part.remaining
                  FROM med_consumption back
                  JOIN unnest(%s, %s::int4[]) AS origin (back_id, used_id)
                       ON origin.back_id = back.id
                  JOIN LATERAL (
                       SELECT part.id, used.event_time,
                              part.quantity + COALESCE(given.quantity, 0) AS remaining
                         FROM med_consumption used
                         JOIN med_consumption_allocation part
                              ON part.consumption_id = used.id
                         JOIN stock_move_line place ON place.id = part.move_line_id
                    LEFT JOIN stock_lot lot ON lot.id = place.lot_id
                    LEFT JOIN LATERAL (
                              SELECT sum(quantity) AS quantity
                                FROM med_consumption_allocation
                               WHERE origin_id = part.id) given ON TRUE
                        WHERE used.kind <> 'return' AND %s
                              AND part.quantity + COALESCE(given.quantity, 0) > 0
                     ORDER BY used.event_time DESC, part.id DESC
                        LIMIT %s) part ON TRUE
              ORDER BY back.id, part.event_time DESC, part.id DESC
                """,
                backs,
                origins,
                condition,
                limit,
            )
        )

    def _told_together(self):
        """The lines that together tell of this use: a return may take back all."""
        return self

    def _same_kind_of_use(self):
        return SQL(
            """
            used.kind = 'use'  -- what was thrown away does not come back by itself
            AND used.product_id = back.product_id
            AND used.department_id = back.department_id
            AND (back.encounter_token IS NULL
                 OR used.encounter_token = back.encounter_token)
            AND (COALESCE(back.serial, back.lot_name) IS NULL
                 OR lot.name IN (back.serial, back.lot_name))
            """
        )

from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime

from ..core.count import CountedPile, count_that_found


class MedConsumption(models.Model):
    """Use reported after a count that it came before.

    The count found the pieces missing and took them off the books as lost; the use
    takes them off again. So the count's loss is put back first, and the shelf stays as
    it was counted: what was a loss becomes a use, with its cost on the department. A
    return from before a count was found by it, too, and is taken off its surplus.
    """

    _inherit = "med.consumption"

    counted_line_id = fields.Many2one(
        "med.count.line",
        string="Found by Count",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="This count took place after the use and before its report. It found what "
        "was used missing, so the shelf stays as it was counted.",
    )

    counted_text = fields.Char(string="Explanation", compute="_compute_counted_text")

    @api.depends("counted_line_id")
    @api.depends_context("lang", "tz")
    def _compute_counted_text(self):
        back = self.env._(
            "It came back before the count of %(when)s, which found it on the shelf, "
            "and was reported later: the shelf stays as it was counted."
        )
        gone = self.env._(
            "It was used before the count of %(when)s, which found it missing, and was "
            "reported later: the shelf stays as it was counted, and the loss of the "
            "count became this use."
        )
        for line in self:
            # Whoever sees the use may know when its shelf was counted.
            counted_at = line.counted_line_id.sudo().counted_at
            text = back if line.kind == "return" else gone
            line.counted_text = counted_at and text % {
                "when": format_datetime(self.env, counted_at, dt_format="short")
            }

    def _post_uses(self):
        uses = self.filtered(lambda line: line.kind != "return" and line.location_id)
        uses._settle_counts_of_uses()
        return super()._post_uses()

    def _post_returns(self):
        moves = super()._post_returns()
        returns = self.filtered(
            lambda line: line.kind == "return" and line.state == "posted"
        )
        returns._settle_counts_of_returns()
        return moves

    def _reported_lots(self):
        """What a count found missing is of the lot that it counted."""
        lots = super()._reported_lots()
        for line in self:
            if line not in lots and (lot := line.counted_line_id.lot_id):
                lots[line] = lot
        return lots

    # ---- which count ----

    def _settle_counts_of_uses(self):
        uses = self.filtered(lambda line: not line.counted_line_id)
        counts = uses._counts_since()
        found = defaultdict(list)
        lost = {}  # what is left of each count's loss over this batch
        for (shelf, product), lines in uses.grouped(
            lambda line: (line.location_id, line.product_id)
        ).items():
            since = counts.get((shelf.id, product.id))
            if not since:
                continue
            elsewhere = self._is_uncounted(shelf, product, since)
            for line in lines.sorted(lambda line: (line.event_time, line.id)):
                piles = [
                    CountedPile(
                        count.id,
                        count.lot_id.id or None,
                        count.location_id.id,
                        count.counted_at,
                        lost.setdefault(count, Decimal(str(-count.unexplained))),
                    )
                    for count in since
                    if line._is_of_lot(count.lot_id)
                ]
                named = bool(line.serial or line.lot_name)
                pile = count_that_found(
                    line._happened_by(), piles, elsewhere and not named
                )
                if pile:
                    count = since.browse(pile.key)
                    lost[count] -= Decimal(str(line.quantity))
                    found[count].append((line, line.quantity))
        self._settle(found, 1)

    def _settle_counts_of_returns(self):
        counts = self._counts_since()
        found = defaultdict(list)
        for line in self if counts else ():
            since = counts.get((line.location_id.id, line.product_id.id), ())
            for part in line.allocation_ids:
                spot = part.move_line_id.lot_id, part.move_line_id.location_dest_id
                for count in since:
                    if (
                        count.counted_at > line._happened_by()
                        and (count.lot_id, count.location_id) == spot
                    ):
                        found[count].append((line, -part.quantity))
                        break
        self._settle(found, -1)

    def _counts_since(self):
        """``{(shelf id, product id): counts}`` since the first of these, in order."""
        if not self:
            return {}
        shelf_of = self._places()
        counts = self.env["med.count.line"].search(
            Domain("product_id", "in", self.product_id.ids)
            & Domain("location_id", "in", list(shelf_of))
            & Domain("settles", "=", True)
            & Domain("counted_at", ">", min(self.mapped("event_time"))),
            order="counted_at, id",
        )
        return counts.grouped(
            lambda count: (shelf_of[count.location_id.id], count.product_id.id)
        )

    def _is_uncounted(self, shelf, product, counts):
        """Whether stock that lay on the shelf by then was left out of these counts."""
        piles = self.env["stock.quant"].search(
            [
                ("product_id", "=", product.id),
                ("location_id", "child_of", shelf.id),
                ("owner_id", "=", False),
                ("package_id", "=", False),
                ("quantity", ">", 0),
                ("in_date", "<", max(counts.mapped("counted_at"))),
            ]
        )
        counted = {(count.lot_id, count.location_id) for count in counts}
        return any((pile.lot_id, pile.location_id) not in counted for pile in piles)

    def _is_of_lot(self, lot):
        named = self.serial or self.lot_name
        return not named or lot.name == named

    def _happened_by(self):
        """The latest moment that is meant: midnight says the day and no hour."""
        day = self.company_id._med_day(self.event_time)
        last = self.company_id._med_last_moment(day)
        whole_day = (last - self.event_time).total_seconds() >= 24 * 3600 - 1
        return last if whole_day else self.event_time

    # ---- and what becomes of it ----

    def _settle(self, found, sign):
        """``{count: [(line, quantity)]}``: put back (1) or take off (-1), per count."""
        if not found:
            return
        vals_list = []
        for count, parts in found.items():
            lines = self.union(*(line for line, _quantity in parts))
            lines.counted_line_id = count
            quantity = count.uom_id.round(sum(quantity for _line, quantity in parts))
            vals_list.append(count._prepare_settling_move(quantity, sign))
        # What took place is recorded, whatever the lot.
        moves = self.env["stock.move"].with_context(med_recorded_use=True)
        moves = moves.create(vals_list)
        moves._action_done()
        for move in moves:
            # The month in which it was counted is the one that it corrects.
            counted_at = move.med_count_line_id.counted_at
            move.date = move.company_id._med_accounting_time(counted_at)

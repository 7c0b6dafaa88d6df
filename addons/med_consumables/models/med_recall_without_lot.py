from collections import defaultdict

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..core.period import start_of_day
from ..core.recall import Found, Spot


class MedRecall(models.Model):
    """Recalled items whose pieces bear no lot: held by item, counted by item.

    Nobody can tell a recalled piece without a lot from another one, so all of the item
    count: what lies anywhere, and what was used since the first day of receipt that the
    recall names.
    """

    _inherit = "med.recall"

    hold_ids = fields.One2many(
        "med.stock.hold",
        "recall_id",
        string="Held Without a Lot",
        readonly=True,
        context={"active_test": False},
    )

    def _items_without_lot(self):
        """Named items that are kept without lots; none where lots were named."""
        self.ensure_one()
        coded, code_names = self._read_code()
        if self._names() or code_names:
            return self.env["product.product"]
        items = self.product_ids | coded
        piles = (
            self.env["stock.quant"]
            .sudo()
            ._read_group(  # see _hold
                Domain("product_id", "in", items.ids)
                & Domain("lot_id", "=", False)
                & Domain("quantity", ">", 0)
                & Domain("location_id.usage", "in", ("internal", "transit")),
                ["product_id"],
            )
        )
        lying = self.env["product.product"].union(*(item for (item,) in piles))
        return items.filtered(lambda item: item.tracking == "none" or item in lying)

    def _hold_without_lot(self):
        """Hold these items everywhere, also where the leader may not see the stock."""
        self.ensure_one()
        items = self._items_without_lot() - self.hold_ids.filtered("active").product_id
        reason = self.env._("Recall %(recall)s", recall=self.display_name)
        self.env["med.stock.hold"].sudo().create(
            [
                {
                    "product_id": item.id,
                    "company_id": self.company_id.id,
                    "reason": reason,
                    "recall_id": self.id,
                }
                for item in items
            ]
        )

    def _held_items(self):
        return self.sudo().hold_ids.filtered("active").product_id

    def _find_units(self):
        found = defaultdict(Found, super()._find_units())
        items = self._held_items()
        ledger = self.env["med.consumption"]
        since = self._used_since()
        for (item, department), used in ledger._used_without_lot(items, since).items():
            spot = Spot(-item, "used", None, department)
            found[spot] = Found(found[spot].quantity + used)
        for line in ledger._unposted_without_lot(items, since):
            spot = Spot(-line.product_id.id, "used", None, line.department_id.id)
            found[spot] = Found(
                found[spot].quantity + line.quantity,
                found[spot].unposted + line.quantity,
            )
        return dict(found)

    def _post_what_waits(self):
        result = super()._post_what_waits()
        ledger = self.env["med.consumption"]
        waiting = ledger._unposted_without_lot(self._held_items(), self._used_since())
        waiting = waiting.filtered(lambda line: line.state == "recorded")
        if waiting:
            waiting._post_pending([("id", "in", waiting.ids)], limit=len(waiting))
        return result

    def _used_since(self):
        """The moment from which use counts, as naive UTC."""
        first = self.received_from or fields.Date.to_date("1900-01-01")
        return start_of_day(first, self.company_id._med_time_zone())

    def _lines_of_use(self):
        lines = super()._lines_of_use()
        for recall in self.sudo():  # as for lots
            lines |= lines._lines_without_lot(
                recall._held_items(), recall._used_since()
            )
        return lines

    def _catch(self, move_lines):
        result = super()._catch(move_lines)
        plain = move_lines.filtered(lambda line: not line.lot_id)
        # On behalf of the recall, whoever receives.
        holds = (
            self.env["med.stock.hold"]
            .sudo()
            .search(
                [
                    ("product_id", "in", plain.product_id.ids),
                    ("recall_id.state", "=", "in_work"),
                    ("company_id", "in", plain.company_id.ids),
                ]
            )
        )
        for recall, of_recall in holds.grouped("recall_id").items():
            recall._look()
            recall._say_late(of_recall.product_id)
        return result


class MedConsumption(models.Model):
    """What the ledger knows of items without lots."""

    _inherit = "med.consumption"

    def _rows_without_lot(self, items, since, what, grouped, having):
        if not items:
            return []
        self.flush_model()
        self.env["med.consumption.allocation"].flush_model()
        self.env["stock.move.line"].flush_model(["lot_id"])
        return self.env.execute_query(
            SQL(
                """
                SELECT %s
                  FROM med_consumption use
                  JOIN med_consumption_allocation part ON part.consumption_id = use.id
                  JOIN stock_move_line line ON line.id = part.move_line_id
                 WHERE use.product_id = ANY(%s) AND use.event_time >= %s
                   AND line.lot_id IS NULL AND %s
                 GROUP BY %s
                HAVING sum(part.quantity) > 0
                """,
                what,
                list(items.ids),
                since,
                having,
                grouped,
            )
        )

    def _used_without_lot(self, items, since):
        """Net use on the books: ``{(product id, department id): quantity}``."""
        return {
            (item, department): quantity
            for item, department, quantity in self._rows_without_lot(
                items,
                since,
                SQL("use.product_id, use.department_id, sum(part.quantity)"),
                SQL("use.product_id, use.department_id"),
                SQL("use.kind != 'waste'"),
            )
        }

    def _lines_without_lot(self, items, since):
        """Lines of use whose pieces did not come back."""
        rows = self._rows_without_lot(
            items,
            since,
            SQL("use.id"),
            SQL("use.id"),
            SQL(
                """use.kind = 'use' AND part.quantity > -coalesce((
                    SELECT sum(back.quantity) FROM med_consumption_allocation back
                     WHERE back.origin_id = part.id), 0)"""
            ),
        )
        lines = self.browse(row[0] for row in rows)
        return lines | self._unposted_without_lot(items, since)

    def _unposted_without_lot(self, items, since):
        """Uses of these items that are not on the books and name no lot."""
        if not items:
            return self.browse()
        return self.search(
            [
                ("product_id", "in", items.ids),
                ("state", "in", ("recorded", "incident", "waiting")),
                ("kind", "=", "use"),
                ("lot_name", "=", False),
                ("serial", "=", False),
                ("event_time", ">=", since),
            ]
        )

    def _lot_faults(self):
        """Held pieces without a lot touch a patient as much as those with one."""
        faults = super()._lot_faults()
        for line in self:
            if line.kind != "use" or line in faults or line.lot_name or line.serial:
                continue
            if line.state == "posted" and line.incident_code != "unusable_lot":
                continue
            if line.lot_id:
                continue
            holds = line.product_id._med_holds_without_lot(line.location_id)
            if holds:
                faults[line] = "recalled_lot" if holds.recall_id else "held_lot"
        return faults

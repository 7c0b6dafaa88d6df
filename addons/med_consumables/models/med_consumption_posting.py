import logging
from collections import defaultdict
from decimal import Decimal

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..core.apportion import apportion
from ..core.fefo import Stock, Use, allocate

_logger = logging.getLogger(__name__)

#: How often in one run a batch may lose a race before the job is reported as failed.
COLLISIONS = 5


class MedConsumption(models.Model):
    """Posting: from lines of the ledger to done and valued stock moves.

    Per department and batch one transfer for use and one for returns; in it one move a
    product and day, lots on its move lines. So stock_move stays small, and valuation,
    traceability and demand see everything natively.
    """

    _inherit = "med.consumption"

    @api.model
    def _trigger_posting(self):
        self.env.ref("med_consumables.ir_cron_post_consumption")._trigger()

    @api.model
    def _cron_post(self):
        domain = self._due_domain() & Domain("state", "=", "recorded")
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=self.search_count(domain))
        collisions = 0
        while True:
            try:
                lines = self._post_pending(domain)
                left = cron._commit_progress(len(lines))
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                # Somebody moved the same stock meanwhile: nothing was posted, so the
                # batch is tried again on what stands now.
                self.env.cr.rollback()
                collisions += 1
                if collisions > COLLISIONS:
                    raise
                continue
            if not lines or not left:
                break

    @api.model
    def _due_domain(self):
        """Lines whose time to be posted has come, by the policy of their company."""
        full_hour = fields.Datetime.now().replace(minute=0, second=0, microsecond=0)
        return (
            Domain("company_id.med_posting", "=", "at_once")
            | Domain("product_id.med_value_class", "=", "high")
            | Domain("product_id.med_implant", "=", True)
            | Domain("create_date", "<", full_hour)
        )

    @api.model
    def _post_pending(self, domain=None, limit=1000):
        """Post recorded lines to stock, oldest first; returns the lines handled.

        A handled line is posted or an incident. Departments that another process is
        posting at this moment are left to it.
        """
        todo = self.search(
            Domain("state", "=", "recorded") & Domain(domain or Domain.TRUE),
            order="event_time, id",
            limit=limit,
        )
        departments = todo.department_id.try_lock_for_update(allow_referencing=True)
        todo = todo.filtered(lambda line: line.department_id in departments)
        todo = todo.try_lock_for_update().filtered_domain([("state", "=", "recorded")])
        moves = self.env["stock.move"]
        for (company, _department, _location), lines in todo.grouped(
            lambda line: (line.company_id, line.department_id, line.location_id)
        ).items():
            moves |= lines.with_company(company)._post_shelf()
        if moves:
            self._after_post(moves)
        return todo

    @api.model
    def _after_post(self, moves):
        """Extension point: ``moves`` were just done, in this same transaction."""

    def _post_shelf(self):
        """Post the lines of one shelf; where that fails, narrow down to the culprit.

        Returns the done moves. A line that cannot be posted becomes an incident, and
        the others are posted without it.
        """
        try:
            with self.env.cr.savepoint():
                return self._post_uses() | self._post_returns()
        except OperationalError:
            raise  # lost a race or the connection: the whole batch is tried again
        except Exception as error:
            by_product = self.grouped("product_id")
            if len(by_product) > 1:
                parts = by_product.values()
            elif len(self) > 1:
                parts = self
            else:
                # The kind of the failure, for operators; the person reads the line.
                _logger.warning(
                    "consumption %s cannot be posted", self.id, exc_info=True
                )
                text = str(error) if isinstance(error, UserError) else repr(error)
                self._set_incident("error", error=text)
                return self.env["stock.move"]
            moves = self.env["stock.move"]
            for part in parts:
                moves |= part._post_shelf()
            return moves

    # ---- use and waste -----------------------------------------------------------

    def _post_uses(self):
        lines = self.filtered(lambda line: line.kind != "return")
        if not lines:
            return self.env["stock.move"]
        department, shelf = lines.department_id, lines.location_id
        if not shelf or not department.consumption_location_id:
            lines._set_incident("no_location")
            return self.env["stock.move"]
        lots = lines._reported_lots()
        unknown = lines.filtered(lambda line: lots.get(line) is False)
        unknown._set_incident("unknown_lot")
        lines -= unknown
        taken = lines._take_from_shelf(shelf, lots)
        return lines._make_moves(
            taken, shelf, department.consumption_location_id, picking_origin="use"
        )

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

    def _take_from_shelf(self, shelf, lots):
        """First expired, first out: ``{line: [Taken]}`` of the lines covered."""
        quants = self._quants_by_product(shelf)
        now = fields.Datetime.now()
        taken = defaultdict(list)
        for product, lines in self.grouped("product_id").items():
            on_shelf = [
                Stock(
                    quant.lot_id.id or None,
                    quant.location_id.id,
                    Decimal(str(quant.quantity - quant.reserved_quantity)),
                    bool(quant.lot_id) and quant.lot_id._med_is_unusable(now),
                )
                for quant in quants.get(product, ())
            ]
            uses = [
                Use(
                    line.id,
                    Decimal(str(line.quantity)),
                    lots[line].id if line in lots else None,
                )
                for line in lines.sorted(lambda line: (line.event_time, line.id))
            ]
            covered, missing = allocate(uses, on_shelf)
            for part in covered:
                taken[self.browse(part.key)].append(part)
            for key, quantity in missing.items():
                self.browse(key)._set_incident("no_stock", float(quantity))
        return taken

    def _quants_by_product(self, shelf):
        quants = self.env["stock.quant"].search(
            [
                ("product_id", "in", self.product_id.ids),
                ("location_id", "child_of", shelf.id),
                ("quantity", ">", 0),
                ("owner_id", "=", False),
                ("package_id", "=", False),
            ],
            order="removal_date, in_date, id",
        )
        return quants.grouped("product_id")

    # ---- returns -----------------------------------------------------------------

    def _post_returns(self):
        lines = self.filtered(lambda line: line.kind == "return")
        if not lines:
            return self.env["stock.move"]
        department, shelf = lines.department_id, lines.location_id
        given_back = lines._take_from_uses()
        return lines.filtered(lambda line: line in given_back)._make_moves(
            given_back, department.consumption_location_id, shelf, "return"
        )

    def _take_from_uses(self):
        """Which uses each return gives back: ``{line: [(allocation, quantity)]}``.

        A return gives back what its original used; without one, the latest use of the
        same product by the same department, of the same visit and lot where named.
        """
        uses = self.env["med.consumption.allocation"].search(
            Domain("consumption_id.product_id", "in", self.product_id.ids)
            & Domain("consumption_id.department_id", "in", self.department_id.ids)
            & Domain("consumption_id.kind", "!=", "return"),
            order="id desc",
        )
        left = {use: Decimal(str(use.quantity)) for use in uses}
        for origin, quantity in self.env["med.consumption.allocation"]._read_group(
            [("origin_id", "in", uses.ids)], ["origin_id"], ["quantity:sum"]
        ):
            left[origin] += Decimal(str(quantity))
        given_back = {}
        for line in self.sorted(lambda line: (line.event_time, line.id)):
            wanted, parts = Decimal(str(line.quantity)), []
            for use in uses:
                if wanted <= 0:
                    break
                if left[use] > 0 and line._may_give_back(use):
                    quantity = min(wanted, left[use])
                    parts.append((use, quantity))
                    wanted -= quantity
            if wanted > 0:
                line._set_incident("return_exceeds_use", float(wanted))
                continue
            for use, quantity in parts:
                left[use] -= quantity
            given_back[line] = parts
        return given_back

    def _may_give_back(self, use):
        original = use.consumption_id
        if self.reversal_of_id:
            return original == self.reversal_of_id._stock_line()
        return (
            original.product_id == self.product_id
            and (
                not self.encounter_token
                or original.encounter_token == self.encounter_token
            )
            and (
                not (self.serial or self.lot_name)
                or use.lot_id.name in (self.serial, self.lot_name)
            )
        )

    # ---- moves and values ---------------------------------------------------------

    def _make_moves(self, taken, source, destination, picking_origin):
        """Make one done transfer from ``taken`` and share its value over the lines.

        ``taken`` is ``{line: parts}`` of ``_take_from_shelf`` or ``_take_from_uses``.
        """
        if not taken:
            return self.env["stock.move"]
        rows = self._rows_by_move(taken)
        type_ = self.department_id.warehouse_id.med_use_type_id
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": type_.id,
                "location_id": source.id,
                "location_dest_id": destination.id,
                "company_id": self.company_id.id,
                "origin": f"{self.department_id.code} {picking_origin}",
            }
        )
        moves = self.env["stock.move"].create(
            [self._prepare_move(picking, key, by_line) for key, by_line in rows.items()]
        )
        # What took place is recorded, whatever the lot; the line says so if it must.
        picking.with_context(med_recorded_use=True)._action_done()
        for move, by_line in zip(moves, rows.values(), strict=True):
            # Done moves bear the hour of posting; the use was earlier.
            move.date = move.company_id._med_accounting_time(move.med_event_time)
            self._make_allocations(move, by_line)
        self._set_posted(taken)
        return moves

    def _rows_by_move(self, taken):
        """``{(product, day, origin move): {(lot, place): [(line, qty, use)]}}``."""
        rows = defaultdict(lambda: defaultdict(list))
        for line, parts in taken.items():
            day = line.company_id._med_day(line.event_time)
            for part in parts:
                if line.kind == "return":
                    use, quantity = part
                    move_line = use.move_line_id
                    key = line.product_id, day, move_line.move_id
                    spot = move_line.lot_id.id, move_line.location_id.id
                else:
                    use, quantity = (
                        self.env["med.consumption.allocation"],
                        part.quantity,
                    )
                    key = line.product_id, day, self.env["stock.move"]
                    spot = part.lot, part.place
                rows[key][spot].append((line, quantity, use))
        return rows

    def _prepare_move(self, picking, key, by_spot):
        product, _day, origin_move = key
        entries = [entry for spot in by_spot.values() for entry in spot]
        event_time = max(line.event_time for line, _quantity, _use in entries)
        is_return = bool(origin_move)
        return {
            "picking_id": picking.id,
            "picking_type_id": picking.picking_type_id.id,
            "product_id": product.id,
            "product_uom": product.uom_id.id,
            "product_uom_qty": float(sum(entry[1] for entry in entries)),
            "location_id": picking.location_id.id,
            "location_dest_id": picking.location_dest_id.id,
            "company_id": picking.company_id.id,
            "origin_returned_move_id": origin_move.id,
            "med_event_time": min(event_time, fields.Datetime.now()),
            "picked": True,
            "move_line_ids": [
                fields.Command.create(
                    {
                        "product_id": product.id,
                        "product_uom_id": product.uom_id.id,
                        "picking_id": picking.id,
                        "company_id": picking.company_id.id,
                        "lot_id": lot,
                        "quantity": float(sum(entry[1] for entry in entries_here)),
                        "location_id": picking.location_id.id if is_return else place,
                        "location_dest_id": (
                            place if is_return else picking.location_dest_id.id
                        ),
                        "picked": True,
                    }
                )
                for (lot, place), entries_here in by_spot.items()
            ],
        }

    def _make_allocations(self, move, by_spot):
        """Share the move's value over its entries to the cent, by quantity."""
        sign = -1 if move.origin_returned_move_id else 1
        entries = [
            (spot, line, quantity, use)
            for spot, entries_here in by_spot.items()
            for line, quantity, use in entries_here
        ]
        coin = Decimal(str(move.company_currency_id.rounding))
        value = Decimal(str(move.company_currency_id.round(move.value)))
        shares = apportion(value.quantize(coin), [entry[2] for entry in entries], coin)
        place_field = "location_dest_id" if sign < 0 else "location_id"
        move_lines = {
            (move_line.lot_id.id or None, move_line[place_field].id): move_line
            for move_line in move.move_line_ids
        }
        self.env["med.consumption.allocation"].create(
            [
                {
                    "consumption_id": line.id,
                    "move_line_id": move_lines[spot[0] or None, spot[1]].id,
                    "origin_id": use.id,
                    "quantity": sign * float(quantity),
                    "value": sign * float(share),
                }
                for (spot, line, quantity, use), share in zip(
                    entries, shares, strict=True
                )
            ]
        )

    def _set_posted(self, taken):
        now = fields.Datetime.now()
        for line, parts in taken.items():
            unusable = line.kind != "return" and any(part.unusable for part in parts)
            line._set_outcome(
                state="posted",
                posted_at=now,
                value=sum(line.allocation_ids.mapped("value")),
                lot_id=line.allocation_ids.lot_id[:1].id,
                incident_code="unusable_lot" if unusable else False,
            )

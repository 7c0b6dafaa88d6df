from collections import Counter, defaultdict

from odoo import fields, models
from odoo.tools import SQL

from .rows import insert_rows

#: Whose hooks on a done move have nothing to say about the use of a department. Where
#: any other addon has one, moves take Odoo's own steps, so that nothing is passed over.
KNOWN = {
    "stock",
    "stock_account",
    "product_expiry",
    "purchase_stock",
    "purchase_request",
    "mail",
    # Only for transfers that are made as part of a round.
    "stock_picking_batch",
}
HOOKS = [
    (model, method)
    for model in ("stock.picking", "stock.move", "stock.move.line")
    for method in ("create", "_action_done")
]


class MedConsumption(models.Model):
    """Posting in one go: the moves of many departments made done by a few statements.

    What Odoo does step by step for each move is done here for all in the same order:
    value at cost, move lines, stock, reorder rules, cost on the cost centre.
    """

    _inherit = "med.consumption"

    def _plain_stock(self, planned, quants):
        """Of the locked ``quants``, those where a move changes quantity and value only:
        ``{(product id, place id, lot id): ShelfQuant}``.
        """
        products = self.env["product.product"].browse(
            {move.product.id for move in planned if not move.returned}
        )
        if not products or self._is_hooked():
            return {}
        plain = {product.id for product in products if self._is_plain_product(product)}
        lots_needed = {product.id for product in products if product.tracking != "none"}
        found = [
            quant
            for on_shelf in quants.values()
            for quant in on_shelf
            if quant.product in plain
            and (quant.lot or quant.product not in lots_needed)
        ]
        rows = Counter(quant.key for quant in found)
        return {quant.key: quant for quant in found if rows[quant.key] == 1}

    def _is_hooked(self):
        """Whether another addon takes part in making or finishing moves."""
        return any(
            method in vars(base)
            and base.__module__ != "odoo.orm.models"
            and not self._is_known_addon(base)
            for model, method in HOOKS
            for base in type(self.env[model]).__mro__
        )

    def _is_known_addon(self, class_):
        path = class_.__module__.split(".")
        return path[:2] == ["odoo", "addons"] and (
            path[2] in KNOWN or path[2].startswith("med_")
        )

    def _is_plain_product(self, product):
        return (
            product.is_storable
            and product.cost_method != "fifo"
            and product.valuation != "real_time"
        )

    def _is_plain(self, planned, plain):
        return (
            not planned.returned
            and planned.source._should_be_valued()
            and not planned.destination._should_be_valued()
            and all(
                (planned.product.id, place, lot) in plain
                for lot, place in planned.spots
            )
            and (
                planned.product.tracking != "serial"
                or set(planned.quantity_by_spot.values()) == {1.0}
            )
        )

    def _move_in_one_go(self, planned, plain):
        """``[(planned, move)]``, the moves done, valued and on their cost centres."""
        if not planned:
            return []
        transfers = self._insert_transfers(planned)
        moves = self._insert_moves(planned, transfers)
        self._insert_move_lines(list(zip(planned, moves, strict=True)))
        self._move_quants(planned, plain)
        # A serial number that was used already is found by Odoo's own check.
        pieces = moves.filtered(lambda move: move.product_id.tracking == "serial")
        if pieces:
            pieces._check_quantity()
        self._charge_cost_centres(moves)
        return list(zip(planned, moves, strict=True))

    def _insert_transfers(self, planned):
        """``{(department, shelf): picking}``, done."""
        together = defaultdict(list)
        for move in planned:
            together[move.department, move.shelf].append(move)
        now = fields.Datetime.now()
        rows = []
        for moves in together.values():
            type_ = moves[0].department.warehouse_id.med_use_type_id
            rows.append(
                {
                    **self._prepare_transfer(moves[0]),
                    "name": type_.sequence_id.next_by_id(),
                    "move_type": type_.move_type,
                }
            )
        same = {
            "state": "done",
            "scheduled_date": now,
            "date_done": now,
            "date_deadline": False,
            "has_deadline_issue": False,
        }
        pickings = insert_rows(self.env["stock.picking"], rows, same)
        return dict(zip(together, pickings, strict=True))

    def _insert_moves(self, planned, transfers):
        now = fields.Datetime.now()
        rows = [
            self._prepare_done_move(move, transfers[move.department, move.shelf], now)
            for move in planned
        ]
        same = {
            "company_id": self.env.company.id,
            "state": "done",
            "picked": True,
            "is_in": False,
            "is_out": True,
            "is_dropship": False,
            "partner_id": False,
            "priority": "0",
            "delay_alert_date": False,
            "reservation_date": False,
        }
        pickings = self.env["stock.picking"].union(*transfers.values())
        follows = ["state", "scheduled_date", "has_deadline_issue", "date_deadline"]
        moves = insert_rows(self.env["stock.move"], rows, same, [(pickings, follows)])
        moves._update_orderpoints()
        return moves

    def _prepare_done_move(self, move, picking, now):
        product, quantity = move.product, move.quantity
        event_time = move.event_time(now)
        return {
            "picking_id": picking.id,
            "picking_type_id": picking.picking_type_id.id,
            "reference": picking.name,
            "product_id": product.id,
            "product_uom": product.uom_id.id,
            "packaging_uom_id": product.uom_id.id,
            "product_uom_qty": quantity,
            "product_qty": quantity,
            "quantity": quantity,
            "packaging_uom_qty": quantity,
            "location_id": move.source.id,
            "location_dest_id": move.destination.id,
            # Done moves bear the hour of the use, not of posting.
            "date": self.env.company._med_accounting_time(event_time),
            "med_event_time": event_time,
            "med_department_id": move.department.id,
            "value": self._value_at_cost(move),
        }

    def _value_at_cost(self, planned):
        """What leaves costs what the product, or each lot of it, costs now."""
        product = planned.product
        if product.lot_valuated:
            lots = self.env["stock.lot"].browse(lot for lot, _place in planned.spots)
            cost = {lot.id: lot.standard_price for lot in lots}
        else:
            cost = defaultdict(lambda: product.standard_price)
        value = sum(
            cost[lot] * quantity
            for (lot, _place), quantity in planned.quantity_by_spot.items()
        )
        return self.env.company.currency_id.round(value)

    def _insert_move_lines(self, made):
        lots = self.env["stock.lot"].browse(
            {lot for planned, _move in made for lot, _place in planned.spots if lot}
        )
        lot_by_id = {lot.id: lot for lot in lots}
        no_lot = self.env["stock.lot"]
        rows = []
        for planned, move in made:
            for (lot_id, place), quantity in planned.quantity_by_spot.items():
                lot = lot_by_id.get(lot_id, no_lot)
                rows.append(
                    {
                        "move_id": move.id,
                        "picking_id": move.picking_id.id,
                        "product_id": move.product_id.id,
                        "product_uom_id": move.product_uom.id,
                        "quantity": quantity,
                        "quantity_product_uom": quantity,
                        "lot_id": lot.id,
                        "location_id": place,
                        "location_dest_id": planned.destination.id,
                        "date": move.date,
                        "expiration_date": lot.expiration_date,
                        "removal_date": lot.removal_date,
                    }
                )
        same = {"company_id": self.env.company.id, "picked": True, "state": "done"}
        moves = self.env["stock.move"].union(*(move for _planned, move in made))
        settled = [
            (moves, ["is_in", "is_out", "picked", "quantity"]),
            (moves.picking_id, ["shipping_weight"]),
        ]
        insert_rows(self.env["stock.move.line"], rows, same, settled)

    def _charge_cost_centres(self, moves):
        """The analytic lines of ``moves``, inserted together."""
        rows = []
        # On behalf of whoever posts: stock makes cost, whoever may read the books.
        for move in moves.sudo():
            if not move.company_currency_id.is_zero(move.value):
                rows += [(move, vals) for vals in self._prepare_cost(move)]
        by_columns = defaultdict(list)
        for move, vals in rows:
            by_columns[tuple(sorted(vals))].append((move, vals))
        for some in by_columns.values():
            lines = insert_rows(
                self.env["account.analytic.line"].sudo(),  # see above
                [vals for _move, vals in some],
                {"currency_id": self.env.company.currency_id.id},
            )
            self._link_cost([move for move, _vals in some], lines)

    def _prepare_cost(self, move):
        """Values of the analytic lines of one move; all on one cost centre, mostly."""
        centre = move.med_department_id.analytic_account_id
        if not centre or move._get_analytic_distribution() != {str(centre.id): 100}:
            return move._prepare_analytic_lines() or []
        column = centre.plan_id._column_name()
        return [
            move._prepare_analytic_line_values(
                {column: centre.id}, -move.value, move.quantity
            )
        ]

    def _link_cost(self, moves, lines):
        link = self.env["stock.move"]._fields["analytic_account_line_ids"]
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s (%s, %s) SELECT * FROM unnest(%s, %s)",
                SQL.identifier(link.relation),
                SQL.identifier(link.column1),
                SQL.identifier(link.column2),
                [move.id for move in moves],
                list(lines._ids),
            )
        )
        self.env["stock.move"].invalidate_model([link.name], flush=False)

from collections import defaultdict
from decimal import Decimal

from odoo import SUPERUSER_ID, fields, models
from odoo.fields import Command

from ..core.consignment import to_buy
from ..core.fefo import Stock, Use


class MedConsumption(models.Model):
    """Use of a supplier's stock: it is bought at that moment, and then used.

    Consigned pieces lie on the shelf with their owner and have no value of ours. Using
    one makes a confirmed order at the agreed price; the piece leaves as the supplier's
    and arrives as ours, same lot, same place. From there on it is posted as any other.
    """

    _inherit = "med.consumption"

    def _post_uses(self):
        uses = self.filtered(lambda line: line.kind != "return")
        refused = uses._settle_consigned()
        return super(MedConsumption, self - refused)._post_uses()

    def _settle_consigned(self):
        """Buy what these uses take of suppliers' stock; returns those without price."""
        quants = self._consigned_quants()
        refused = self.browse()
        if not quants:
            return refused
        parts = self._consigned_parts(quants)
        prices = {}
        for line, quant, _quantity in parts:
            key = quant.owner_id, line.product_id
            if key not in prices:
                prices[key] = line.product_id._select_seller(
                    partner_id=quant.owner_id, quantity=None
                )
            if not prices[key]:
                refused |= line
        for line in refused:
            line._set_incident(
                "error",
                error=self.env._(
                    "it belongs to a supplier with whom no price is agreed; enter the "
                    "supplier's price on the item"
                ),
            )
        by_order = defaultdict(list)
        for part in parts:
            line, quant, _quantity = part
            if line not in refused:
                currency = prices[quant.owner_id, line.product_id].currency_id
                by_order[quant.owner_id, currency].append(part)
        for (owner, currency), own_parts in by_order.items():
            self._buy_consigned(owner, currency, own_parts, prices)
        return refused

    def _consigned_quants(self):
        """Suppliers' stock on the shelves of these lines, first expired first."""
        quants = self.env["stock.quant"].search(
            [
                ("product_id", "in", self.product_id.ids),
                ("location_id", "child_of", self.location_id.ids),
                ("owner_id", "!=", False),
                ("package_id", "=", False),
                ("quantity", ">", 0),
            ],
            order="removal_date, in_date, id",
        )
        if quants:
            # Two uses of the last piece: the second waits, then sees it gone.
            quants.lock_for_update(allow_referencing=True)
            quants.invalidate_recordset(["quantity", "reserved_quantity"])
        return quants.filtered(lambda quant: quant.quantity > quant.reserved_quantity)

    def _consigned_parts(self, quants):
        """``[(line, quant, quantity)]`` that the lines take of ``quants``."""
        lines = self.filtered(lambda line: line.product_id in quants.product_id)
        lots = lines._reported_lots()
        lines = lines.filtered(lambda line: lots.get(line) is not False)
        own = lines._lock_stock()
        unusable = self._unusable_lots(own, quants)
        theirs = lines._stock_of_suppliers(quants, unusable)
        parts = []
        for key, group in lines.grouped(
            lambda line: (line.location_id.id, line.product_id.id)
        ).items():
            uses = [
                Use(
                    line.id,
                    Decimal(str(line.quantity)),
                    lots[line].id if line in lots else None,
                )
                for line in group.sorted(lambda line: (line.event_time, line.id))
            ]
            ours = [
                Stock(quant.lot, None, quant.free, quant.lot in unusable)
                for quant in own.get(key, ())
            ]
            parts += [
                (self.browse(part.key), part.place, float(part.quantity))
                for part in to_buy(uses, ours, theirs[key])
            ]
        return parts

    def _stock_of_suppliers(self, quants, unusable):
        """``{(shelf, product): [Stock]}``; the key of each is its quant."""
        shelf_of = self._places()
        theirs = defaultdict(list)
        for quant in quants:
            if quant.location_id.id in shelf_of:
                shelf, lot = shelf_of[quant.location_id.id], quant.lot_id.id or None
                free = Decimal(str(quant.quantity - quant.reserved_quantity))
                theirs[shelf, quant.product_id.id].append(
                    Stock(lot, quant, free, lot in unusable)
                )
        return theirs

    def _unusable_lots(self, own, quants):
        """Ids of the lots among all this that nobody should use now."""
        now = fields.Datetime.now()
        here = quants.lot_id | self.env["stock.lot"].browse(
            {quant.lot for found in own.values() for quant in found if quant.lot}
        )
        return set(here.filtered(lambda lot: lot._med_is_unusable(now)).ids)

    def _buy_consigned(self, owner, currency, parts, prices):
        """One confirmed and received order of ``owner`` for all ``parts``.

        In the ``currency`` of the agreed prices, whatever the supplier's usual one is.
        """
        # By the system: the use took place, nobody is asked any more.
        order = (
            self.env["purchase.order"]
            .with_user(SUPERUSER_ID)
            .with_context(med_recorded_use=True)
            .create(self._prepare_settlement_order(owner, currency, parts, prices))
        )
        order.button_confirm()
        if order.state == "to approve":
            order.button_approve(force=True)
        lines = list(order.order_line)
        theirs = self._consigned_transfer(owner, parts, order.name)
        ours = order.picking_ids
        self._fill_settlement(ours, lines, parts)
        (theirs | ours)._action_done()
        self.env["med.consignment.settlement"].sudo().create(
            [
                {
                    "consumption_id": line.id,
                    "lot_id": quant.lot_id.id,
                    "location_id": quant.location_id.id,
                    "supplier_id": owner.id,
                    "order_line_id": order_line.id,
                    "quantity": quantity,
                    "price_unit": order_line.price_unit,
                }
                for (line, quant, quantity), order_line in zip(
                    parts, lines, strict=True
                )
            ]
        )

    def _prepare_settlement_order(self, owner, currency, parts, prices):
        warehouse = parts[0][0].department_id.warehouse_id
        return {
            "partner_id": owner.id,
            "company_id": self.company_id.id,
            "currency_id": currency.id,
            "picking_type_id": warehouse.in_type_id.id,
            "origin": self.env._("Use of consigned stock"),
            "med_settles_use": True,
            "order_line": [
                Command.create(
                    self._prepare_settlement_line(
                        line, quantity, prices[owner, line.product_id]
                    )
                )
                for line, _quant, quantity in parts
            ],
        }

    def _prepare_settlement_line(self, line, quantity, terms):
        cost_centre = line.department_id.analytic_account_id
        return {
            "product_id": line.product_id.id,
            "product_qty": quantity,
            "product_uom_id": line.uom_id.id,
            "price_unit": terms.product_uom_id._compute_price(terms.price, line.uom_id),
            "discount": terms.discount,
            "date_planned": fields.Datetime.now(),
            "analytic_distribution": {str(cost_centre.id): 100}
            if cost_centre
            else False,
        }

    def _fill_settlement(self, receipt, order_lines, parts):
        """The receipt brings each part where it lies already."""
        receipt.move_line_ids.unlink()
        for (_line, quant, quantity), order_line in zip(
            parts, order_lines, strict=True
        ):
            move = order_line.move_ids
            move.location_dest_id = quant.location_id
            move.move_line_ids = [
                Command.create(
                    self._prepare_piece(
                        move.location_id, quant.location_id, quant, quantity
                    )
                )
            ]
            move.picked = True

    def _consigned_transfer(self, owner, parts, origin, back=False):
        """The supplier's pieces leave the shelf, or come ``back`` to it."""
        supplier = owner.property_stock_supplier
        warehouse = parts[0][0].department_id.warehouse_id
        moves = []
        for line, quant, quantity in parts:
            places = (quant.location_id, supplier)
            source, destination = reversed(places) if back else places
            piece = self._prepare_piece(source, destination, quant, quantity)
            moves.append(
                {
                    "product_id": line.product_id.id,
                    "product_uom": line.uom_id.id,
                    "product_uom_qty": quantity,
                    "location_id": source.id,
                    "location_dest_id": destination.id,
                    "company_id": line.company_id.id,
                    "restrict_partner_id": owner.id,
                    "picked": True,
                    "move_line_ids": [Command.create({**piece, "owner_id": owner.id})],
                }
            )
        type_ = warehouse.in_type_id if back else warehouse.out_type_id
        shelf = parts[0][1].location_id
        return (
            self.env["stock.picking"]
            .with_user(SUPERUSER_ID)
            .with_context(med_recorded_use=True)
            .create(
                {
                    "picking_type_id": type_.id,
                    "location_id": (supplier if back else shelf).id,
                    "location_dest_id": (shelf if back else supplier).id,
                    "partner_id": owner.id,
                    "company_id": self.company_id.id,
                    "origin": origin,
                    "move_ids": [Command.create(values) for values in moves],
                }
            )
        )

    def _prepare_piece(self, source, destination, quant, quantity):
        return {
            "product_id": quant.product_id.id,
            "product_uom_id": quant.product_id.uom_id.id,
            "lot_id": quant.lot_id.id,
            "quantity": quantity,
            "location_id": source.id,
            "location_dest_id": destination.id,
            "picked": True,
        }

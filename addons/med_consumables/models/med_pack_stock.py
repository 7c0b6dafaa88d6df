from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..core.fefo import Stock, Use, allocate


class MedPack(models.Model):
    """Filling, issue and unpacking: native transfers with the lots of the packs."""

    _inherit = "med.pack"

    @api.model
    def _fill(self, template, count, department=False):
        """Fill ``count`` packs from the store, first expired first; returns them.

        One transfer for all; what it took decides which lots are in which pack.
        """
        self._check_store()
        department = template.department_id or department
        warehouse = department.warehouse_id or self.env["stock.warehouse"].search(
            [("company_id", "=", template.company_id.id)], limit=1
        )
        # Places are made by whoever needs them first.
        warehouse.sudo()._med_prepare()
        picking = self._fill_transfer(template, count, warehouse)
        self._check_filled(picking)
        picking.move_ids.picked = True
        rows = picking.move_line_ids
        picking._action_done()
        now = fields.Datetime.now()
        numbers = self.env["ir.sequence"].sudo().with_company(template.company_id)
        packs = self.sudo().create(  # nobody writes packs by hand
            [
                {
                    "name": numbers.next_by_code("med.pack"),
                    "template_id": template.id,
                    "company_id": template.company_id.id,
                    "warehouse_id": warehouse.id,
                    "department_id": department.id if department else False,
                    "filled_by_id": self.env.uid,
                    "filled_at": now,
                    "line_ids": [Command.create(content) for content in contents],
                }
                for contents in self._contents(template, count, rows)
            ]
        )
        return packs.sudo(False)

    def _fill_transfer(self, template, count, warehouse):
        store, packs = warehouse.lot_stock_id, warehouse.med_packs_location_id
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": warehouse.med_issue_type_id.id,
                "location_id": store.id,
                "location_dest_id": packs.id,
                "company_id": template.company_id.id,
                "origin": template.display_name,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": line.product_id.id,
                            "product_uom": line.uom_id.id,
                            "product_uom_qty": line.quantity * count,
                            "location_id": store.id,
                            "location_dest_id": packs.id,
                            "company_id": template.company_id.id,
                        }
                    )
                    for line in template.line_ids
                ],
            }
        )
        picking.action_confirm()
        picking.action_assign()
        return picking

    def _check_filled(self, picking):
        short = picking.move_ids.filtered(
            lambda move: (
                move.product_uom.compare(move.quantity, move.product_uom_qty) < 0
            )
        )
        if short or not picking.move_ids:
            raise UserError(
                self.env._(
                    "The store cannot fill these packs; it lacks:\n%(lacking)s\n"
                    "Fill fewer packs, or receive the goods first.",
                    lacking="\n".join(
                        self.env._(
                            "%(product)s: %(there)s of %(wanted)s %(unit)s",
                            product=move.product_id.display_name,
                            there=f"{move.quantity:g}",
                            wanted=f"{move.product_uom_qty:g}",
                            unit=move.product_uom.name,
                        )
                        for move in short
                    ),
                )
            )

    @api.model
    def _contents(self, template, count, rows):
        """Per pack, the values of its lines; lots in the order of the transfer."""
        contents = [[] for _ in range(count)]
        for line in template.line_ids:
            stock = [
                Stock(row.lot_id.id or None, row.id, Decimal(str(row.quantity)))
                for row in rows
                if row.product_id == line.product_id
            ]
            uses = [Use(number, Decimal(str(line.quantity))) for number in range(count)]
            taken, _missing = allocate(uses, stock)
            for part in taken:
                contents[part.key].append(
                    {
                        "product_id": line.product_id.id,
                        "lot_id": part.lot,
                        "quantity": float(part.quantity),
                    }
                )
        return contents

    def _issue(self, department):
        """Bring these packs to the department's shelf."""
        self._check_store()
        self._lock()
        self._check_state("available")
        late = self.filtered("expired")
        if late:
            raise UserError(
                self.env._(
                    "These packs are past their date: %(packs)s. "
                    "Make them void and fill new ones.",
                    packs=", ".join(late.mapped("name")),
                )
            )
        for pack in self:
            if pack.template_id.department_id not in (department, department.browse()):
                raise UserError(
                    self.env._(
                        "The pack %(pack)s is made for %(department)s.",
                        pack=pack.name,
                        department=pack.template_id.department_id.display_name,
                    )
                )
        self._advance(department_id=department.id)
        self._move()
        self._advance(state="issued", issued_at=fields.Datetime.now())

    def _move(self, reverse=False):
        """Done transfers to the shelf, or in reverse back to the store."""
        for (warehouse, department), packs in self.grouped(
            lambda pack: (pack.warehouse_id, pack.department_id)
        ).items():
            place = warehouse.med_packs_location_id
            target = warehouse.lot_stock_id if reverse else department.stock_location_id
            picking = self.env["stock.picking"].create(
                {
                    "picking_type_id": warehouse.med_issue_type_id.id,
                    "location_id": place.id,
                    "location_dest_id": target.id,
                    "company_id": warehouse.company_id.id,
                    "origin": ", ".join(packs.mapped("name"))[:200],
                    "move_ids": packs._prepare_moves(place, target),
                }
            )
            picking.move_ids.move_line_ids.picking_id = picking
            picking.with_context(med_pack_issue=True)._action_done()

    def _prepare_moves(self, place, target):
        by_product = defaultdict(lambda: defaultdict(float))
        for line in self.line_ids:
            by_product[line.product_id][line.lot_id] += line.quantity
        return [
            Command.create(
                {
                    "product_id": product.id,
                    "product_uom": product.uom_id.id,
                    "product_uom_qty": sum(by_lot.values()),
                    "location_id": place.id,
                    "location_dest_id": target.id,
                    "company_id": self.company_id.id,
                    "picked": True,
                    "move_line_ids": [
                        Command.create(
                            {
                                "product_id": product.id,
                                "product_uom_id": product.uom_id.id,
                                "company_id": self.company_id.id,
                                "lot_id": lot.id,
                                "quantity": quantity,
                                "location_id": place.id,
                                "location_dest_id": target.id,
                                "picked": True,
                            }
                        )
                        for lot, quantity in by_lot.items()
                    ],
                }
            )
            for product, by_lot in by_product.items()
        ]

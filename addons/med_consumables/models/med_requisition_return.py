from dataclasses import dataclass

from odoo import api, fields, models
from odoo.exceptions import UserError


@dataclass(frozen=True, slots=True)
class Back:
    """One lot of one requisition item that goes back; quantity in the item's unit."""

    line: models.BaseModel
    product: models.BaseModel
    lot: models.BaseModel
    quantity: float


class MedRequisition(models.Model):
    """Receipt, and returns from the shelf to where it came from, with a reason."""

    _inherit = "med.requisition"

    may_receive = fields.Boolean(compute="_compute_may_receive")

    @api.depends("state", "department_id", "line_ids.issued_qty")
    @api.depends_context("uid")
    def _compute_may_receive(self):
        own = self.department_id._filtered_own()
        stores = self.env.user.has_group("med_consumables.group_storekeeper")
        for requisition in self:
            requisition.may_receive = (
                requisition.state in ("partial", "issued")
                and (stores or requisition.department_id in own)
                and any(line._to_receive() > 0 for line in requisition.line_ids)
            )

    def _make_return(self, parts, reason):
        """A transfer back for ``parts`` (``Back``), reserved on the department's shelf.

        Whoever gets the goods validates it when they are there. Returns the transfer.
        """
        self.ensure_one()
        # A ward gives back from its own shelf; the transfer itself is the store's.
        requisition = self.sudo()
        self.env["med.consumption"]._post_used(
            self.env["product.product"].union(*(part.product for part in parts)),
            requisition.department_id.stock_location_id,
        )
        self._check_on_shelf(parts)
        requisition._undo_issue_use(parts)
        shelf = requisition.department_id.stock_location_id
        picking = (
            self.env["stock.picking"]
            .sudo()
            .create(
                {
                    "picking_type_id": (
                        requisition.department_id.warehouse_id.med_issue_type_id.id
                    ),
                    "location_id": shelf.id,
                    "location_dest_id": requisition.source_location_id.id,
                    "company_id": requisition.company_id.id,
                    "origin": requisition.name,
                    "med_requisition_id": requisition.id,
                    "med_reason": reason,
                    "move_ids": [
                        fields.Command.create(
                            requisition._prepare_return_move(part, shelf)
                        )
                        for part in parts
                    ],
                }
            )
        )
        picking.move_ids.move_line_ids.picking_id = picking
        picking.action_confirm()
        picking.action_assign()
        self.message_post(
            body=self.env._(
                "%(transfer)s brings goods back: %(reason)s",
                transfer=picking.name,
                reason=reason,
            )
        )
        return picking

    def _prepare_return_move(self, part, shelf):
        issued = part.line.sudo().move_ids.filtered(
            lambda move: move.state == "done" and not move.origin_returned_move_id
        )
        origin = issued.filtered(lambda move: move.product_id == part.product)[:1]
        source = self.source_location_id
        vals = {
            "product_id": part.product.id,
            "product_uom": part.product.uom_id.id,
            "product_uom_qty": part.quantity,
            "location_id": shelf.id,
            "location_dest_id": source.id,
            "company_id": self.company_id.id,
            "med_requisition_line_id": part.line.id,
            "med_substitute_ratio": origin.med_substitute_ratio,
            "origin_returned_move_id": origin.id,
        }
        if part.lot:
            vals["move_line_ids"] = [
                fields.Command.create(
                    {
                        "product_id": part.product.id,
                        "product_uom_id": part.product.uom_id.id,
                        "company_id": self.company_id.id,
                        "lot_id": part.lot.id,
                        "quantity": part.quantity,
                        "location_id": shelf.id,
                        "location_dest_id": source.id,
                    }
                )
            ]
        return vals

    def _check_receiver(self):
        """Who receives and gives back works for the department, or is the store."""
        user = self.env.user
        if not (
            self.department_id._filtered_own()
            or user.has_group("med_consumables.group_storekeeper")
        ):
            raise UserError(
                self.env._(
                    "Only %(department)s, who asked, does this.",
                    department=self.department_id.display_name,
                )
            )

    def action_receive(self):
        return self._ask("med.requisition.receipt", self.env._("Confirm Receipt"))

    def action_return(self):
        return self._ask("med.requisition.return", self.env._("Return"))

    def action_give_back(self):
        return self._ask("med.requisition.return", self.env._("Give Back"))

    def _ask(self, wizard, title):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": wizard,
            "view_mode": "form",
            "target": "new",
            "context": {"default_requisition_id": self.id},
        }

    def _check_on_shelf(self, parts):
        """What was used meanwhile cannot come back."""
        department = self.department_id
        if department.stock_keeping == "expensed":
            return  # used on the books; the return itself brings it back first
        quants = self.env["stock.quant"].sudo()  # the department's own shelf
        for part in parts:
            free = quants._get_available_quantity(
                part.product,
                department.sudo().stock_location_id,
                lot_id=part.lot or None,
                strict=False,
            )
            if part.product.uom_id.compare(part.quantity, free) > 0:
                raise UserError(
                    self.env._(
                        "The shelf of %(department)s holds %(free)s %(unit)s of "
                        "%(product)s %(lot)s; more than that cannot go back.\n"
                        "What was used is given back in the ledger of use.",
                        department=department.display_name,
                        free=f"{free:g}",
                        unit=part.product.uom_id.name,
                        product=part.product.display_name,
                        lot=part.lot.name or "",
                    )
                )

    def _undo_issue_use(self, parts):
        """Extension point: the issue was use at once, so it is given back first."""

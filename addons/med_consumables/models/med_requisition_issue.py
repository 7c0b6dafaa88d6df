from odoo import api, fields, models
from odoo.exceptions import UserError


class MedRequisition(models.Model):
    """Issue: from an approved requisition to the shelf, by native transfers."""

    _inherit = "med.requisition"

    picking_ids = fields.One2many(
        "stock.picking", "med_requisition_id", string="Transfers", copy=False
    )
    picking_count = fields.Integer(
        compute="_compute_picking_count",
        compute_sudo=True,
        help="Transfers of this request; back-orders and returns are among them.",
    )
    source_location_id = fields.Many2one(
        "stock.location", string="Issued From", compute="_compute_source_location_id"
    )

    @api.depends("picking_ids")
    def _compute_picking_count(self):
        for requisition in self:
            requisition.picking_count = len(requisition.picking_ids)

    @api.depends("department_id")
    def _compute_source_location_id(self):
        for requisition in self:
            warehouse = requisition.department_id.sudo().warehouse_id
            requisition.source_location_id = warehouse.lot_stock_id  # anybody may know

    def action_view_transfers(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "stock.action_picking_tree_all"
        )
        action["context"] = {}
        action["domain"] = [("med_requisition_id", "in", self.ids)]
        if len(self.picking_ids) == 1:
            action.update(
                view_mode="form",
                views=[(False, "form")],
                res_id=self.picking_ids.id,
            )
        return action

    def action_issue(self):
        """Open what the store has to pick now."""
        self._check_state("approved", "partial")
        action = self.action_view_transfers()
        todo = self.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))
        action["domain"] = [("id", "in", todo.ids)]
        if len(todo) == 1:
            action.update(view_mode="form", views=[(False, "form")], res_id=todo.id)
        return action

    def _make_transfers(self):
        """One native transfer a requisition; reserved by Odoo, first expired first."""
        # Approving makes a transfer, which a ward manager may not make by hand.
        self = self.sudo()  # noqa: PLW0642
        warehouses = self.department_id.warehouse_id
        warehouses._med_prepare()
        pickings = self.env["stock.picking"].create(
            [requisition._prepare_transfer() for requisition in self]
        )
        self.env["med.consumption"]._post_used(
            pickings.move_ids.product_id, pickings.location_id
        )
        pickings.action_confirm()
        pickings.action_assign()
        return pickings

    def _prepare_transfer(self):
        self.ensure_one()
        source, shelf = self.source_location_id, self.department_id.stock_location_id
        type_ = self.department_id.warehouse_id.med_issue_type_id
        if not shelf:
            raise UserError(
                self.env._(
                    "%(department)s has no shelf to bring the goods to; "
                    "an administrator sets it on the department.",
                    department=self.department_id.display_name,
                )
            )
        when = self.needed_by or fields.Datetime.now()
        return {
            "picking_type_id": type_.id,
            "location_id": source.id,
            "location_dest_id": shelf.id,
            "company_id": self.company_id.id,
            "origin": self.name,
            "priority": "1" if self.urgent else "0",
            "scheduled_date": when,
            "med_requisition_id": self.id,
            "move_ids": [
                fields.Command.create(
                    {
                        "product_id": line.product_id.id,
                        "product_uom": line.uom_id.id,
                        "product_uom_qty": line.approved_qty,
                        "location_id": source.id,
                        "location_dest_id": shelf.id,
                        "company_id": self.company_id.id,
                        "date": when,
                        "med_requisition_line_id": line.id,
                    }
                )
                for line in self.line_ids
                if line.approved_qty
            ],
        }

    def _cancel_transfers(self):
        # The department gives up what it asked for; the transfer is the store's.
        moves = self.sudo().line_ids.move_ids.filtered(
            lambda move: (
                move.state not in ("done", "cancel")
                and not move.origin_returned_move_id
            )
        )
        moves._action_cancel()
        self._follow_transfers()

    def _follow_transfers(self):
        """Move on with what the transfers have done."""
        for requisition in self.sudo():  # whoever validates a transfer moves it on
            if requisition.state not in ("approved", "partial"):
                continue
            moves = requisition.line_ids.move_ids.filtered(
                lambda move: not move.origin_returned_move_id
            )
            open_ = moves.filtered(lambda move: move.state not in ("done", "cancel"))
            issued = any(requisition.line_ids.mapped("issued_qty"))
            if open_:
                state = "partial" if issued else "approved"
            else:
                state = "issued" if issued else "cancelled"
            if state != requisition.state:
                requisition._advance(state=state)
            if issued:
                requisition._advance(issued_at=fields.Datetime.now())
            if state == "cancelled" and not requisition.closing_reason:
                requisition._advance(
                    closing_reason=self.env._("The transfer was cancelled.")
                )
            requisition._close_if_received()

    def _close_if_received(self):
        """All that went out was answered for, and nothing more will come."""
        for requisition in self:
            if requisition.state == "issued" and not any(
                line._to_receive() for line in requisition.line_ids
            ):
                requisition._advance(state="received")

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.med_requisition_return import Back


class MedRequisitionReturn(models.TransientModel):
    """What goes back, and why? Also: give back what was lent."""

    _name = "med.requisition.return"
    _description = "Return of Issued Items"

    requisition_id = fields.Many2one(
        "med.requisition", required=True, ondelete="cascade"
    )
    reason = fields.Char(required=True)
    line_ids = fields.One2many("med.requisition.return.line", "return_id")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        requisition = self.env["med.requisition"].browse(values.get("requisition_id"))
        loan = requisition.kind == "loan"
        if loan:
            values["reason"] = self.env._("Given back")
        values["line_ids"] = [
            Command.create(
                {
                    "requisition_line_id": line.id,
                    "product_id": product.id,
                    "lot_id": lot.id,
                    "most": quantity,
                    "quantity": quantity if loan else 0.0,
                }
            )
            for line in requisition.line_ids
            for product, lot, quantity in line._may_come_back()
        ]
        return values

    def action_confirm(self):
        self.ensure_one()
        requisition = self.requisition_id
        requisition.check_access("write")
        requisition._lock()
        requisition._check_state("partial", "issued", "received")
        requisition._check_receiver()
        lines = self.line_ids.filtered("quantity")
        if not lines:
            raise UserError(self.env._("Enter how many go back."))
        lines._check_quantities()
        requisition._make_return(
            [
                Back(
                    line.requisition_line_id,
                    line.product_id,
                    line.lot_id,
                    line.quantity,
                )
                for line in lines
            ],
            self.reason,
        )
        return {"type": "ir.actions.act_window_close"}


class MedRequisitionReturnLine(models.TransientModel):
    """One lot that may go back. A loan is given back in any lot of the item."""

    _name = "med.requisition.return.line"
    _description = "Return of Issued Items: Lot"

    return_id = fields.Many2one(
        "med.requisition.return", required=True, ondelete="cascade"
    )
    requisition_line_id = fields.Many2one("med.requisition.line", required=True)
    product_id = fields.Many2one("product.product", string="Item", required=True)
    uom_id = fields.Many2one(related="product_id.uom_id")
    lot_id = fields.Many2one("stock.lot", string="Lot")
    most = fields.Float(string="At Most", digits="Product Unit")
    quantity = fields.Float(string="Goes Back", digits="Product Unit")

    def _check_quantities(self):
        """Against what is true now, whatever the question said when it was opened."""
        for item, lines in self.grouped("requisition_line_id").items():
            if item.requisition_id != lines.return_id.requisition_id:
                raise UserError(self.env._("This item is of another requisition."))
            most = {
                (product, lot): quantity
                for product, lot, quantity in item._may_come_back()
            }
            for line in lines:
                limit = most.get((line.product_id, line.lot_id), 0.0)
                if line.quantity < 0 or line.uom_id.compare(line.quantity, limit) > 0:
                    raise UserError(
                        self.env._(
                            "At most %(most)s %(unit)s of %(product)s %(lot)s can go "
                            "back.",
                            most=f"{limit:g}",
                            unit=line.uom_id.name,
                            product=line.product_id.display_name,
                            lot=line.lot_id.name or "",
                        )
                    )

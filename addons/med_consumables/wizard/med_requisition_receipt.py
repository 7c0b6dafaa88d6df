from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.med_requisition_return import Back


class MedRequisitionReceipt(models.TransientModel):
    """What arrived? What did not goes back to the store's books, to be looked for."""

    _name = "med.requisition.receipt"
    _description = "Confirm Receipt"

    requisition_id = fields.Many2one(
        "med.requisition", required=True, ondelete="cascade"
    )
    line_ids = fields.One2many("med.requisition.receipt.line", "receipt_id")
    short = fields.Boolean(compute="_compute_short")
    reason = fields.Char(
        string="What Is Missing", help="Needed where less arrived than was issued."
    )

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        requisition = self.env["med.requisition"].browse(values.get("requisition_id"))
        values["line_ids"] = [
            Command.create(
                {
                    "requisition_line_id": line.id,
                    "issued_qty": line._to_receive(),
                    "arrived_qty": line._to_receive(),
                }
            )
            for line in requisition.line_ids
            if line._to_receive() > 0
        ]
        return values

    @api.depends("line_ids.arrived_qty")
    def _compute_short(self):
        for receipt in self:
            receipt.short = any(line._missing() > 0 for line in receipt.line_ids)

    def action_confirm(self):
        self.ensure_one()
        self._check_answer()
        requisition = self.requisition_id
        for line in self.line_ids:
            item = line.requisition_line_id.sudo()  # written by receipts alone
            item.received_qty += line.arrived_qty
            item.short_qty += max(line._missing(), 0)
        requisition._advance(
            received_by_id=self.env.uid, received_at=fields.Datetime.now()
        )
        if self.short:
            requisition._make_return(self._missing_parts(), self.reason)
        requisition._close_if_received()
        return {"type": "ir.actions.act_window_close"}

    def _check_answer(self):
        requisition = self.requisition_id
        requisition.check_access("write")
        requisition._lock()
        requisition._check_state("partial", "issued")
        requisition._check_receiver()
        for line in self.line_ids:
            unit, item = line.uom_id, line.requisition_line_id
            if item.requisition_id != requisition or unit.compare(
                line.issued_qty, item._to_receive()
            ):
                raise UserError(
                    self.env._(
                        "Somebody else has confirmed %(product)s meanwhile, or more "
                        "was issued. Open the receipt again.",
                        product=item.product_id.display_name,
                    )
                )
            if line.arrived_qty < 0 or line._missing() < 0:
                raise UserError(
                    self.env._(
                        "%(quantity)s %(unit)s of %(product)s were issued; not less "
                        "than zero and not more than that can arrive.",
                        quantity=f"{line.issued_qty:g}",
                        unit=unit.name,
                        product=item.product_id.display_name,
                    )
                )
        if self.short and not (self.reason or "").strip():
            raise UserError(self.env._("Say what is missing, so that the store looks."))

    def _missing_parts(self):
        """The missing quantity, from the lots that were issued, the last ones first."""
        parts = []
        for line in self.line_ids:
            item, missing = line.requisition_line_id, line._missing()
            for product, lot, quantity in item._issued_lots():
                ratio = item._ratio_issued(product)
                part = min(product.uom_id.round(missing * ratio), quantity)
                if part > 0:
                    parts.append(Back(item, product, lot, part))
                    missing -= part / ratio
        return parts


class MedRequisitionReceiptLine(models.TransientModel):
    """One item of the delivery."""

    _name = "med.requisition.receipt.line"
    _description = "Confirm Receipt: Item"

    receipt_id = fields.Many2one(
        "med.requisition.receipt", required=True, ondelete="cascade"
    )
    requisition_line_id = fields.Many2one("med.requisition.line", required=True)
    product_id = fields.Many2one(related="requisition_line_id.product_id")
    uom_id = fields.Many2one(related="requisition_line_id.uom_id")
    issued_qty = fields.Float(string="Issued", digits="Product Unit")
    arrived_qty = fields.Float(string="Arrived", digits="Product Unit")

    def _missing(self):
        return self.uom_id.round(self.issued_qty - self.arrived_qty)

from odoo import api, fields, models
from odoo.exceptions import UserError


class MedScanTransfer(models.TransientModel):
    """What is in your hands? Scan it onto the transfer, look, apply.

    Receiving takes lots as they come. Issuing compares with what was reserved: another
    lot takes its place with a reason, a lot that no patient may get is refused.
    """

    _name = "med.scan.transfer"
    _inherit = ["med.scan.sheet"]
    _description = "Scan a Transfer"

    picking_id = fields.Many2one("stock.picking", required=True, ondelete="cascade")
    receives = fields.Boolean(compute="_compute_receives")
    line_ids = fields.One2many("med.scan.transfer.line", "sheet_id", string="Scanned")
    has_conflict = fields.Boolean(compute="_compute_has_conflict")

    @api.depends("picking_id")
    def _compute_receives(self):
        for sheet in self:
            sheet.receives = sheet.picking_id.picking_type_code == "incoming"

    @api.depends("line_ids.conflict")
    def _compute_has_conflict(self):
        for sheet in self:
            sheet.has_conflict = any(sheet.line_ids.mapped("conflict"))

    def action_apply(self):
        self.ensure_one()
        if not self.line_ids:
            raise UserError(
                self.env._("Nothing is scanned yet. Scan at least one pack.")
            )
        self.line_ids._check_complete()
        if self.receives:
            self.picking_id._med_receive(self.line_ids)
        else:
            self.line_ids._check_reasons()
            self.picking_id._med_issue(self.line_ids)
        return {"type": "ir.actions.act_window_close"}

    def _refusal(self, answer):
        product = self.env["product.product"].browse(answer["product_id"])
        if not self.picking_id._med_moves_of(product):
            return self.env._(
                "%(item)s is not on %(transfer)s. Set it aside, or add it to the "
                "transfer first.",
                item=product.display_name,
                transfer=self.picking_id.display_name,
            )
        if self.receives or self.picking_id.med_override_reason:
            return False
        if {"expired", "held"} & set(answer["flags"]):
            return "\n".join([answer["label"], *answer["warnings"]])
        if "unknown_lot" in answer["flags"]:
            return self.env._(
                "Lot %(lot)s of %(item)s is not in stock. Count the place first.",
                lot=answer["lot_name"],
                item=product.display_name,
            )
        return False

    def _warnings_of(self, answer, line):
        # A new lot is nothing special where lots are received.
        flags = [f for f in answer["flags"] if not self.receives or f != "unknown_lot"]
        product = line.product_id
        lot = self.env["stock.lot"].browse(answer["lot_id"] or ())
        warnings = [
            sentence
            for flag in flags
            for sentence in self.env["med.scan"]._warning(flag, answer, product, lot)
        ]
        scanned = sum(
            self.line_ids.filtered(lambda other: other.product_id == product).mapped(
                "quantity"
            )
        )
        if product.uom_id.compare(scanned, line.expected) > 0:
            warnings.append(
                self.env._(
                    "%(scanned)s %(unit)s of %(item)s are scanned, %(expected)s are "
                    "expected.",
                    scanned=f"{scanned:g}",
                    unit=product.uom_id.name,
                    item=product.display_name,
                    expected=f"{line.expected:g}",
                )
            )
        if line.instead_of:
            warnings.append(
                self.env._(
                    "Reserved is %(reserved)s. Say why you take this lot instead.",
                    reserved=line.instead_of,
                )
            )
        return warnings

    def _prepare_line(self, answer):
        values = super()._prepare_line(answer)
        product = self.env["product.product"].browse(answer["product_id"])
        reserved = self.picking_id._med_reserved_lots(product)
        instead = not self.receives and answer["lot_name"] not in reserved
        return {
            **values,
            "expected": self.picking_id._med_expected(product),
            "instead_of": ", ".join(reserved) if instead and reserved else False,
        }


class MedScanTransferLine(models.TransientModel):
    """One item and lot in the hands of the storekeeper."""

    _name = "med.scan.transfer.line"
    _inherit = ["med.scan.sheet.line"]
    _description = "Scan a Transfer: Line"

    sheet_id = fields.Many2one("med.scan.transfer", required=True, ondelete="cascade")
    expected = fields.Float(digits="Product Unit")
    instead_of = fields.Char(string="Reserved Lot")
    reason = fields.Char(help="Why this lot is issued instead of the reserved one.")

    def _check_reasons(self):
        for line in self:
            if line.instead_of and not (line.reason or "").strip():
                raise UserError(
                    self.env._(
                        "%(item)s: lot %(lot)s is not the reserved one (%(reserved)s). "
                        "Give the reason on the line, or take the reserved lot.",
                        item=line.product_id.display_name,
                        lot=line.lot_name,
                        reserved=line.instead_of,
                    )
                )

from odoo import api, fields, models
from odoo.exceptions import UserError


class MedDailyCheckLine(models.Model):
    """One lot or serial: how many pieces the books expect and how many are there."""

    _name = "med.daily.check.line"
    _description = "Daily Piece Check: Piece"
    _order = "check_id, product_id, lot_id"

    check_id = fields.Many2one(
        "med.daily.check", required=True, ondelete="cascade", index=True
    )
    department_id = fields.Many2one(related="check_id.department_id", store=True)
    company_id = fields.Many2one(related="check_id.company_id", store=True)
    product_id = fields.Many2one(
        "product.product",
        string="Item",
        required=True,
        domain="[('med_consumable', '=', True)]",
    )
    lot_id = fields.Many2one(
        "stock.lot", string="Lot or Serial", domain="[('product_id', '=', product_id)]"
    )
    uom_id = fields.Many2one(related="product_id.uom_id")
    expected = fields.Float(digits="Product Unit", readonly=True)
    seen = fields.Float(digits="Product Unit")
    difference = fields.Float(
        digits="Product Unit", compute="_compute_difference", store=True
    )
    reason = fields.Char(
        help="Where the missing piece is, or where the extra one is from."
    )

    @api.depends("product_id", "lot_id")
    def _compute_display_name(self):
        for line in self:
            names = (line.product_id.display_name, line.lot_id.name)
            line.display_name = " · ".join(name for name in names if name)

    @api.depends("expected", "seen")
    def _compute_difference(self):
        for line in self:
            line.difference = line.uom_id.round(line.seen - line.expected)

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:  # a piece that was found and is not on the books
            vals_list = [{**vals, "expected": 0.0} for vals in vals_list]
        lines = super().create(vals_list)
        lines.check_id._check_not_signed()
        return lines

    def write(self, vals):
        self.check_id._check_not_signed()
        if not self.env.su and "expected" in vals:
            raise UserError(
                self.env._(
                    "What is expected follows from the books. Enter what you saw, and "
                    "a reason for the difference."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_signed(self):
        self.check_id._check_not_signed()

from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError


class MedScanCount(models.TransientModel):
    """What lies in this place? Scan every pack; the counts become Odoo's own count."""

    _name = "med.scan.count"
    _inherit = ["med.scan.sheet"]
    _description = "Count by Scan"

    location_id = fields.Many2one(
        "stock.location",
        string="Place",
        domain="[('usage', '=', 'internal')]",
        help="Scan the barcode of the place, or choose it.",
    )
    line_ids = fields.One2many("med.scan.count.line", "sheet_id", string="Counted")
    has_conflict = fields.Boolean(compute="_compute_has_conflict")

    @api.depends("line_ids.conflict")
    def _compute_has_conflict(self):
        for sheet in self:
            sheet.has_conflict = any(sheet.line_ids.mapped("conflict"))

    @api.onchange("location_id")
    def _onchange_location_id(self):
        self.line_ids._find_on_books()

    def action_apply(self):
        self.ensure_one()
        if not self.location_id or not self.line_ids:
            raise UserError(
                self.env._("Say which place you count, and scan at least one pack.")
            )
        self.line_ids._check_complete()
        for line in self.line_ids:
            notes = line._correct_lot()
            if notes:
                line.lot_id.message_post(body="\n".join(notes))
        piles = self.env["stock.quant"]._med_set_count(self.location_id, self.line_ids)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_scan_count_action_piles"
        )
        return {**action, "domain": [("id", "in", piles.ids)]}

    def _take_location(self, answer):
        if self.line_ids:
            return super()._take_location(answer)
        self.location_id = answer["location_id"]
        return self._say("ok", answer["label"])

    def _refusal(self, answer):
        if not self.location_id:
            return self.env._("First scan or choose the place that you count.")
        product = self.env["product.product"].browse(answer["product_id"])
        if not product.is_storable:
            return self.env._(
                "%(item)s is not kept in stock.", item=product.display_name
            )
        return False

    def _count_up(self, answer):
        line = super()._count_up(answer)
        line._find_on_books()
        return line


class MedScanCountLine(models.TransientModel):
    """One item and lot that lies in the place."""

    _name = "med.scan.count.line"
    _inherit = ["med.scan.sheet.line"]
    _description = "Count by Scan: Line"

    sheet_id = fields.Many2one("med.scan.count", required=True, ondelete="cascade")
    on_books = fields.Float(digits="Product Unit")

    def _find_on_books(self):
        """What stock says lies in the place, less what was used and is not posted."""
        quants = self.env["stock.quant"].search(
            [
                ("location_id", "=", self.sheet_id.location_id.id),
                ("product_id", "in", self.product_id.ids),
            ],
            order="removal_date, in_date, id",
        )
        left = quants._med_less_pending(self.sheet_id.location_id)
        quantities = Counter()
        for quant in quants:
            quantities[quant.product_id, quant.lot_id.name] += left[quant]
        for line in self:
            line.on_books = quantities[line.product_id, line.lot_name]

    def _lot_to_count(self):
        """The lot of the line; one that nobody knew is made from its label."""
        if self.lot_id or not self.lot_name:
            return self.lot_id
        return self.env["stock.lot"].create(
            {
                "name": self.lot_name,
                "product_id": self.product_id.id,
                **{name: value for name, value in self._lot_values().items() if value},
            }
        )

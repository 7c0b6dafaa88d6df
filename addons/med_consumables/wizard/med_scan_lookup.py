from odoo import fields, models
from odoo.exceptions import UserError


class MedScanLookup(models.TransientModel):
    """What is this? Whatever a barcode means here: item, lot, dates, stock."""

    _name = "med.scan.lookup"
    _inherit = ["med.scan.sheet"]
    _description = "Look Up a Code"

    product_id = fields.Many2one("product.product", string="Item", readonly=True)
    lot_id = fields.Many2one("stock.lot", string="Lot", readonly=True)

    def _take(self, answer, first):
        self.product_id = answer["product_id"]
        self.lot_id = answer["lot_id"]
        waits = "lot_missing" in answer["flags"] or answer["kind"] == "production"
        self.pending = self._kept(answer) if waits else False
        found = answer["kind"] != "unknown"
        level = ("warning" if answer["warnings"] else "ok") if found else "error"
        self._say(level, answer["label"], *answer["warnings"])

    def action_open_item(self):
        return self._open(self.product_id)

    def action_open_lot(self):
        return self._open(self.lot_id)

    def action_open_stock(self):
        self.ensure_one()
        if not self.product_id:
            raise UserError(self.env._("Scan an item first."))
        domain = [("product_id", "=", self.product_id.id)]
        if self.lot_id:
            domain.append(("lot_id", "=", self.lot_id.id))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Stock of %(item)s", item=self.product_id.display_name),
            "res_model": "stock.quant",
            "view_mode": "list",
            "domain": [*domain, ("location_id.usage", "=", "internal")],
        }

    def _open(self, record):
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
        }

from odoo import api, fields, models
from odoo.exceptions import AccessError


class MedOverride(models.Model):
    """A lot that nobody may use moved all the same: who let it, when, why and where to.

    Written when the transfer is done; it can be neither changed nor deleted.
    """

    _name = "med.override"
    _description = "Override of a Block"
    _order = "id desc"
    _rec_name = "lot_id"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    picking_id = fields.Many2one(
        "stock.picking", string="Transfer", readonly=True, ondelete="restrict"
    )
    allowed_by_id = fields.Many2one("res.users", readonly=True)
    moved_by_id = fields.Many2one("res.users", readonly=True)
    moved_at = fields.Datetime(readonly=True)
    reason = fields.Char(required=True, readonly=True)
    product_id = fields.Many2one(
        "product.product", string="Item", required=True, readonly=True
    )
    lot_id = fields.Many2one("stock.lot", readonly=True, index="btree_not_null")
    quantity = fields.Float(digits="Product Unit", readonly=True)
    fault = fields.Selection(
        [
            ("recalled_lot", "Recalled"),
            ("expired_lot", "Expired"),
            ("held_lot", "On hold"),
        ],
        string="Blocked Because",
        required=True,
        readonly=True,
    )
    location_id = fields.Many2one("stock.location", string="From", readonly=True)
    location_dest_id = fields.Many2one("stock.location", string="To", readonly=True)

    def write(self, vals):
        raise AccessError(self.env._("What was let through, and why, stays on record."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(self.env._("What was let through, and why, stays on record."))

    @api.model
    def _log(self, move_lines):
        """Keep that these blocked move lines go through on their transfer's reason."""
        now = fields.Datetime.now()
        # Nobody may write this log by hand.
        return self.sudo().create(
            [
                {
                    "company_id": line.company_id.id,
                    "picking_id": line.move_id.picking_id.id,
                    "allowed_by_id": line.move_id.picking_id.med_override_user_id.id,
                    "moved_by_id": self.env.uid,
                    "moved_at": now,
                    "reason": line.move_id.picking_id.med_override_reason,
                    "product_id": line.product_id.id,
                    "lot_id": line.lot_id.id,
                    "quantity": line.quantity_product_uom,
                    "fault": (line.lot_id and line.lot_id._med_fault(now))
                    or "expired_lot",
                    "location_id": line.location_id.id,
                    "location_dest_id": line.location_dest_id.id,
                }
                for line in move_lines
            ]
        )

from odoo import fields, models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    med_requisition_id = fields.Many2one(
        "med.requisition",
        string="Requisition",
        index="btree_not_null",
        help="The department's request that this transfer answers. "
        "A back-order belongs to the same one.",
    )
    med_reason = fields.Char(
        string="Reason", readonly=True, help="Why this came back to the store."
    )

    def action_view_med_requisition(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "med.requisition",
            "res_id": self.med_requisition_id.id,
            "view_mode": "form",
        }

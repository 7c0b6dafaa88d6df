from odoo import api, fields, models


class StockPickingBatch(models.Model):
    """A batch that issues to departments is a ward round."""

    _inherit = "stock.picking.batch"

    med_requisition_ids = fields.Many2many(
        "med.requisition",
        string="Requisitions",
        compute="_compute_med_requisition_ids",
    )
    med_requisition_count = fields.Integer(
        string="Number of Requisitions", compute="_compute_med_requisition_ids"
    )

    @api.depends("picking_ids.med_requisition_id")
    def _compute_med_requisition_ids(self):
        for batch in self:
            batch.med_requisition_ids = batch.picking_ids.med_requisition_id
            batch.med_requisition_count = len(batch.med_requisition_ids)

    def action_view_med_requisitions(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_requisition_action"
        )
        action.update(domain=[("id", "in", self.med_requisition_ids.ids)], context={})
        return action

    def _med_action_open(self):
        """The round to pick, or the list of them where two warehouses issue."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_ward_round_action"
        )
        if len(self) == 1:
            action.update(views=[(False, "form")], view_mode="form", res_id=self.id)
        else:
            action.update(domain=[("id", "in", self.ids)])
        return action

    def _med_pick_moves(self):
        """What this round still has to fetch."""
        return self.med_requisition_ids._open_pick_moves().filtered(
            lambda move: move.picking_id.batch_id in self
        )

from odoo import api, fields, models


class StockPicking(models.Model):
    """Received high-value pieces get their labels with the receipt."""

    _inherit = "stock.picking"

    med_piece_ids = fields.One2many("med.piece", "picking_id", string="Labelled Pieces")
    med_piece_count = fields.Integer(compute="_compute_med_piece_count")

    @api.depends("med_piece_ids")
    def _compute_med_piece_count(self):
        for picking in self:
            picking.med_piece_count = len(picking.sudo().med_piece_ids)

    def _action_done(self):
        result = super()._action_done()
        rows = self.filtered(
            lambda picking: picking.picking_type_id.code == "incoming"
        ).move_ids.move_line_ids.filtered(
            lambda row: (
                row.state == "done"
                and row.product_id.med_consumable
                and row.product_id.med_value_class == "high"
            )
        )
        if rows:
            # Labels are made by whoever receives, whatever their role.
            self.env["med.piece"].sudo()._label(rows)
        return result

    def action_print_med_pieces(self):
        return self.med_piece_ids.action_print()

    def action_view_med_pieces(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_piece_action"
        )
        action["domain"] = [("picking_id", "in", self.ids)]
        return action

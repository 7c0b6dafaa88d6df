from odoo import fields, models


class MedDepartment(models.Model):
    """Levels (PAR) of a department are native reorder rules on its shelf."""

    _inherit = "med.department"

    level_count = fields.Integer(compute="_compute_level_count")

    def _compute_level_count(self):
        counts = dict(
            self.env["stock.warehouse.orderpoint"]
            .sudo()  # how many there are is no secret
            ._read_group(
                [("location_id", "in", self.stock_location_id.ids)],
                ["location_id"],
                ["__count"],
            )
        )
        for department in self:
            department.level_count = counts.get(department.stock_location_id, 0)

    def action_view_levels(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_level_action"
        )
        shelf = self.stock_location_id
        action["domain"] = [("location_id", "=", shelf.id)]
        action["context"] = {
            "default_location_id": shelf.id,
            "default_warehouse_id": self.warehouse_id.id,
            "default_trigger": "manual",
        }
        return action

    def action_propose_level(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Propose a Level"),
            "res_model": "med.level.proposal",
            "view_mode": "form",
            "context": {"default_department_id": self.id},
        }

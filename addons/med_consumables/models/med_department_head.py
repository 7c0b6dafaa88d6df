from odoo import api, models


class MedDepartment(models.Model):
    _inherit = "med.department"

    @api.model
    def _med_heads(self, department_ids):
        """``{department id: user id}``: who answers for it, or the nearest above."""
        departments = self.sudo().browse(department_ids)
        heads = {}
        for department in departments:
            above = department
            while above and not (above.manager_id and above.manager_id.active):
                above = above.parent_id
            heads[department.id] = above.manager_id.id
        return heads

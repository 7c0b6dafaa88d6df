from odoo import fields, models


class MedDepartment(models.Model):
    _inherit = "med.department"

    med_alert_count = fields.Integer(
        string="Open Alerts", compute="_compute_med_alert_count"
    )

    def _compute_med_alert_count(self):
        counts = self.env["med.alert"]._count_open("department_id", self)
        for department in self:
            department.med_alert_count = counts.get(department, 0)

    def action_view_med_alerts(self):
        return self.env["med.alert"]._action_open_of("department_id", self)

from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    med_alert_count = fields.Integer(
        string="Open Alerts",
        compute="_compute_med_alert_count",
        help="About licences, deliveries and contracts of this supplier.",
    )

    def _compute_med_alert_count(self):
        counts = self.env["med.alert"]._count_open("partner_id", self)
        for partner in self:
            partner.med_alert_count = counts.get(partner, 0)

    def action_view_med_alerts(self):
        return self.env["med.alert"]._action_open_of("partner_id", self)

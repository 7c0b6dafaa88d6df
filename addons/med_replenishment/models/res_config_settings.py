from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    med_review_days = fields.Float(related="company_id.med_review_days", readonly=False)
    med_internal_lead_days = fields.Float(
        related="company_id.med_internal_lead_days", readonly=False
    )
    med_service_v = fields.Float(related="company_id.med_service_v", readonly=False)
    med_service_e = fields.Float(related="company_id.med_service_e", readonly=False)
    med_service_d = fields.Float(related="company_id.med_service_d", readonly=False)

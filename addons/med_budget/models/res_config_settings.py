from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    med_budget_missing = fields.Selection(
        related="company_id.med_budget_missing", readonly=False
    )
    med_budget_request = fields.Selection(
        related="company_id.med_budget_request", readonly=False
    )

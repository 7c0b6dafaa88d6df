from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    med_company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Currency of the Company"
    )
    med_approval_amount = fields.Monetary(
        related="company_id.med_approval_amount",
        readonly=False,
        currency_field="med_company_currency_id",
    )

from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """What the hospital decides about its items; see the company."""

    _inherit = "res.config.settings"

    med_catalogue_policy = fields.Selection(
        related="company_id.med_catalogue_policy", readonly=False
    )
    med_temporary_yearly = fields.Integer(
        related="company_id.med_temporary_yearly", readonly=False
    )
    med_abc_a = fields.Float(related="company_id.med_abc_a", readonly=False)
    med_abc_b = fields.Float(related="company_id.med_abc_b", readonly=False)
    med_consumption_account_high_id = fields.Many2one(
        related="company_id.med_consumption_account_high_id", readonly=False
    )
    med_valuation_account_high_id = fields.Many2one(
        related="company_id.med_valuation_account_high_id", readonly=False
    )

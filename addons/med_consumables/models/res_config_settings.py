from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    med_analytic_plan_id = fields.Many2one(
        related="company_id.med_analytic_plan_id", readonly=False
    )
    med_consumption_account_id = fields.Many2one(
        related="company_id.med_consumption_account_id", readonly=False
    )
    med_wristband_prefixes = fields.Char(
        related="company_id.med_wristband_prefixes", readonly=False
    )
    med_posting = fields.Selection(related="company_id.med_posting", readonly=False)
    med_stock_source = fields.Selection(
        related="company_id.med_stock_source", readonly=False
    )
    med_match_hours = fields.Float(related="company_id.med_match_hours", readonly=False)
    med_redistribution = fields.Boolean(
        related="company_id.med_redistribution", readonly=False
    )
    med_near_expiry_days = fields.Integer(
        related="company_id.med_near_expiry_days", readonly=False
    )
    med_cover_days = fields.Integer(related="company_id.med_cover_days", readonly=False)
    med_redistribution_value = fields.Monetary(
        related="company_id.med_redistribution_value",
        readonly=False,
        currency_field="company_currency_id",
    )
    med_missing_lot = fields.Selection(
        related="company_id.med_missing_lot", readonly=False
    )
    med_count_days_a = fields.Integer(
        related="company_id.med_count_days_a", readonly=False
    )
    med_count_days_b = fields.Integer(
        related="company_id.med_count_days_b", readonly=False
    )
    med_count_days_c = fields.Integer(
        related="company_id.med_count_days_c", readonly=False
    )
    med_count_tolerance_a = fields.Float(
        related="company_id.med_count_tolerance_a", readonly=False
    )
    med_count_tolerance_b = fields.Float(
        related="company_id.med_count_tolerance_b", readonly=False
    )
    med_count_tolerance_c = fields.Float(
        related="company_id.med_count_tolerance_c", readonly=False
    )
    med_daily_check = fields.Boolean(
        related="company_id.med_daily_check", readonly=False
    )

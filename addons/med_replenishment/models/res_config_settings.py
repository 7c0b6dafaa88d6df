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
    med_smallest_change = fields.Float(
        related="company_id.med_smallest_change", readonly=False
    )
    med_auto_publish = fields.Boolean(
        related="company_id.med_auto_publish", readonly=False
    )
    med_auto_change = fields.Float(related="company_id.med_auto_change", readonly=False)
    med_auto_value = fields.Monetary(
        related="company_id.med_auto_value",
        readonly=False,
        currency_field="company_currency_id",
    )
    med_auto_error = fields.Float(related="company_id.med_auto_error", readonly=False)
    med_transfer_first_days = fields.Integer(
        related="company_id.med_transfer_first_days", readonly=False
    )
    med_dead_days = fields.Integer(related="company_id.med_dead_days", readonly=False)
    med_otif_share = fields.Float(related="company_id.med_otif_share", readonly=False)
    med_otif_grace_days = fields.Integer(
        related="company_id.med_otif_grace_days", readonly=False
    )
    med_holding_rate = fields.Float(
        related="company_id.med_holding_rate", readonly=False
    )
    med_order_line_cost = fields.Monetary(
        related="company_id.med_order_line_cost",
        readonly=False,
        currency_field="company_currency_id",
    )
    med_internal_line_cost = fields.Monetary(
        related="company_id.med_internal_line_cost",
        readonly=False,
        currency_field="company_currency_id",
    )

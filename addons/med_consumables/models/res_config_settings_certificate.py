from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    med_certificate_catalogue = fields.Selection(
        related="company_id.med_certificate_catalogue", readonly=False
    )
    med_certificate_order = fields.Selection(
        related="company_id.med_certificate_order", readonly=False
    )
    med_certificate_receipt = fields.Selection(
        related="company_id.med_certificate_receipt", readonly=False
    )
    med_certificate_licence = fields.Selection(
        related="company_id.med_certificate_licence", readonly=False
    )
    med_certificate_by_production = fields.Boolean(
        related="company_id.med_certificate_by_production", readonly=False
    )
    med_certificate_ladder = fields.Char(
        related="company_id.med_certificate_ladder", readonly=False
    )

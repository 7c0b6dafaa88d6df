from dataclasses import replace

from odoo import api, fields, models


class MedAlertStep(models.TransientModel):
    """From whom is bought can be changed before it is asked for."""

    _inherit = "med.alert.step"

    seller_ids = fields.Many2many("res.partner", compute="_compute_seller_ids")
    partner_id = fields.Many2one(
        "res.partner",
        string="Vendor",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        domain="[('id', 'in', seller_ids)]",
        help="Who sells the item, by its prices. The buyer may still decide otherwise.",
    )

    @api.depends("alert_id")
    def _compute_seller_ids(self):
        for dialog in self:
            # Whoever asks for an item may know who sells it.
            item = dialog.alert_id.product_id.sudo()
            dialog.seller_ids = item.seller_ids.partner_id

    @api.depends("option_id")
    def _compute_partner_id(self):
        for dialog in self:
            dialog.partner_id = dialog.option_id.partner_id

    @api.model
    def _prepare_option(self, alert, step, number):
        values = super()._prepare_option(alert, step, number)
        if step.kind == "purchase":
            values["partner_id"] = step.record
        return values

    def _chosen(self, step):
        step = super()._chosen(step)
        if step.kind == "purchase":
            step = replace(step, record=self.partner_id.id or None)
        return step


class MedAlertStepOption(models.TransientModel):
    _inherit = "med.alert.step.option"

    partner_id = fields.Many2one("res.partner")

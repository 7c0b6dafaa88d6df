from odoo import fields, models


class ProductProduct(models.Model):
    _inherit = "product.product"

    med_udi_ids = fields.One2many("med.udi", "product_id", string="Device Identifiers")

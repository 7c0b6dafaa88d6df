from odoo import fields, models


class StockLot(models.Model):
    _inherit = "stock.lot"

    med_production_date = fields.Date(string="Production Date")
    med_sterilisation_lot = fields.Char(string="Sterilisation Lot")
    med_sterilisation_date = fields.Date(string="Sterilisation Date")

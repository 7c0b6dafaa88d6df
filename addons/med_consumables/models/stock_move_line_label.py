from odoo import fields, models


class StockMoveLine(models.Model):
    """What the label says beside lot and expiry, kept until the lot has it.

    The lot of a receipt is made when the receipt is done; what is known of a lot is
    never overwritten by a blank, nor by another value without a person's answer.
    """

    _inherit = "stock.move.line"

    med_production_date = fields.Date(string="Production Date")
    med_sterilisation_lot = fields.Char(string="Sterilisation Lot")

    def _prepare_new_lot_vals(self):
        values = super()._prepare_new_lot_vals()
        return {**values, **self._med_label_values()}

    def _action_done(self):
        result = super()._action_done()
        for line in self.exists().filtered("lot_id"):
            known = line.lot_id.sudo()  # a receipt completes the lot it brings
            blank = {
                name: value
                for name, value in line._med_label_values().items()
                if not known[name]
            }
            if blank:
                known.write(blank)
        return result

    def _med_label_values(self):
        names = ("med_production_date", "med_sterilisation_lot")
        return {name: self[name] for name in names if self[name]}

    def _med_production_day(self):
        """The day on which these pieces were made, False where nobody knows."""
        return self.lot_id.med_production_date or self.med_production_date

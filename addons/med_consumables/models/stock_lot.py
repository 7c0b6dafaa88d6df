from odoo import fields, models


class StockLot(models.Model):
    _inherit = "stock.lot"

    med_production_date = fields.Date(string="Production Date")
    med_sterilisation_lot = fields.Char(string="Sterilisation Lot")
    med_sterilisation_date = fields.Date(string="Sterilisation Date")
    med_hold = fields.Boolean(
        string="On Hold",
        tracking=True,
        help="Pieces of a lot on hold are neither reserved nor issued. A use that took "
        "place all the same can always be recorded.",
    )
    med_hold_reason = fields.Char(string="Reason of the Hold", tracking=True)

    def _med_is_unusable(self, moment):
        """Whether no patient may get a piece of this lot at ``moment`` (naive UTC)."""
        self.ensure_one()
        expired = (
            self.use_expiration_date
            and self.expiration_date
            and self.expiration_date <= moment
        )
        return bool(self.med_hold or expired)

    def _med_expiry_day(self):
        """The last day of use as printed on the pack, False where none is known."""
        if not self.expiration_date:
            return False
        company = self.company_id or self.env.company
        return company._med_day(self.expiration_date)

from odoo import fields, models
from odoo.exceptions import UserError

from ..core.incident import lot_fault

DONE = ("done", "cancel")

#: Kept by recalls only.
OF_RECALLS = {"med_recall_id", "med_hold_before"}


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

    med_recall_id = fields.Many2one(
        "med.recall",
        string="Recall",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The recall that put this lot on hold; it stays recalled for good.",
    )

    med_hold_before = fields.Char(
        string="Held Before the Recall",
        readonly=True,
        copy=False,
        help="Why the lot was on hold when the recall began. It stays so if the recall "
        "is cancelled or the lot taken off its list.",
    )

    # Whoever moves the date of a lot moves the block: it stays on record.
    expiration_date = fields.Datetime(tracking=True)

    def write(self, vals):
        if OF_RECALLS & vals.keys() and not self.env.su:
            raise UserError(
                self.env._("Only a recall itself puts lots on its list and off it.")
            )
        if "med_hold" in vals and not vals["med_hold"]:
            self._check_hold_may_end()
        result = super().write(vals)
        if vals.get("med_hold"):
            self._free_reservations()
        return result

    def _check_hold_may_end(self):
        recalled = self.filtered("med_recall_id")
        if recalled:
            raise UserError(
                self.env._(
                    "%(lot)s is recalled (%(recall)s) and stays on hold. If it does "
                    "not belong to the recall, take it off the recall's list.",
                    lot=recalled[:1].display_name,
                    recall=recalled[:1].med_recall_id.display_name,
                )
            )

    def _free_reservations(self):
        """Transfers that had reserved a held lot look for another one."""
        # Whoever may hold a lot need not be able to change every transfer.
        lines = (
            self.env["stock.move.line"]
            .sudo()
            .search([("lot_id", "in", self.ids), ("state", "not in", DONE)])
            .filtered(
                lambda line: (
                    line.location_id.usage in ("internal", "transit")
                    and not line._leads_out_of_use()
                )
            )
        )
        lines._med_look_for_other_stock()

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

    def _med_fault(self, used_at):
        """Why a piece of this lot should not have been used at ``used_at``, or None."""
        self.ensure_one()
        return lot_fault(
            used_at,
            self.use_expiration_date and self.expiration_date,
            held=self.med_hold,
            recalled=bool(self.med_recall_id),
        )

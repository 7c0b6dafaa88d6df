from odoo import api, fields, models
from odoo.exceptions import UserError

#: What decides whether a line may move.
WHAT_MOVES = {"lot_id", "quantity", "location_id", "location_dest_id", "quant_id"}


class StockMoveLine(models.Model):
    """What no patient may get does not move towards one.

    Odoo asks a question that can be clicked away; here every path is closed: a done
    transfer, a done transfer that is edited, a lot that is picked by hand, with or
    without a picking. The ways out stay open: scrap, back to the supplier, quarantine,
    a count, and an administrator who gives a reason (kept in med.override). What is
    recorded as used is never refused: it took place.
    """

    _inherit = "stock.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_lots_may_move()
        return lines

    def write(self, vals):
        result = super().write(vals)
        if WHAT_MOVES & vals.keys():
            self._check_lots_may_move()
        return result

    def _action_done(self):
        if self._records_use():
            return super()._action_done()
        allowed = self._check_lots_usable()
        self.env["med.override"]._log(allowed)
        result = super()._action_done()
        # Odoo deletes lines without a quantity.
        self.exists()._catch_recalled()
        return result

    def _records_use(self):
        """Whether the ledger posts what took place; a context alone is no proof."""
        return bool(self.env.su and self.env.context.get("med_recorded_use"))

    def _check_lots_may_move(self):
        """Check what is edited on a done transfer, and what people pick by hand."""
        if self.env.su:
            return  # what the ledger and jobs do is checked when it is done
        done = self.filtered(lambda line: line.state == "done")
        self.env["med.override"]._log(done._check_lots_usable())
        self.filtered(
            lambda line: (
                line.state not in ("done", "cancel")
                and line.location_id.usage in ("internal", "transit")
            )
        )._check_lots_usable()

    def _check_lots_usable(self):
        """Refuse what no patient may get; returns what an administrator let through."""
        now = fields.Datetime.now()
        blocked = self.filtered(
            lambda line: (
                line.quantity
                and line.product_id.med_consumable
                and not line._leads_out_of_use()
                and not line._finds_stock(now)
                and line._is_unusable(now)
            )
        )
        allowed = blocked.filtered("move_id.picking_id.med_override_reason")
        if refused := blocked - allowed:
            raise UserError(
                self.env._(
                    "These lots are expired or on hold and cannot be moved here:\n"
                    "%(lots)s\n"
                    "Choose another lot, or bring them to quarantine, scrap or back to "
                    "the supplier.",
                    lots="\n".join(refused.mapped(lambda line: line._lot_label())),
                )
            )
        return allowed

    def _leads_out_of_use(self):
        destination = self.location_dest_id
        return destination.usage in ("inventory", "supplier") or bool(
            destination._med_in_quarantine()
        )

    def _finds_stock(self, moment):
        """A count that finds pieces, or late goods of a recalled lot: they are there.

        They come in as what they are, expired or held, and cannot be issued.
        """
        if self.location_id.usage == "inventory":
            return True
        return bool(
            self.lot_id.med_recall_id
            and self.location_id.usage not in ("internal", "transit")
            and self.lot_id._med_fault(moment) == "recalled_lot"
        )

    def _is_unusable(self, moment):
        if self.lot_id:
            return self.lot_id._med_is_unusable(moment)
        # A lot that this receipt is about to create.
        return bool(
            self.lot_name
            and self.use_expiration_date
            and self.expiration_date
            and self.expiration_date <= moment
        )

    def _lot_label(self):
        return f"{self.product_id.display_name}: {self.lot_id.name or self.lot_name}"

    def _catch_recalled(self):
        """Goods of a running recall that have just come in are held at once."""
        came_in = self.filtered(
            lambda line: (
                line.location_id.usage not in ("internal", "transit")
                and line.location_dest_id.usage in ("internal", "transit")
            )
        )
        if came_in:
            self.env["med.recall"]._catch(came_in)

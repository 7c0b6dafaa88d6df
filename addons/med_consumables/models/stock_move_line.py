from odoo import fields, models
from odoo.exceptions import UserError

#: What a posted use says about stock; Odoo would change the value but not the ledger.
POSTED = {"quantity", "lot_id", "product_id", "location_id", "location_dest_id"}


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    def write(self, vals):
        if POSTED & vals.keys():
            self._check_no_posted_use()
        return super().write(vals)

    def _action_done(self):
        if not self.env.context.get("med_recorded_use"):
            self._check_lots_usable()
        return super()._action_done()

    def _check_lots_usable(self):
        """Refuse to issue, receive or move what no patient may get.

        Odoo asks a question that can be clicked away. The ways out stay open: scrap,
        back to the supplier, quarantine; and what is recorded as used is never refused.
        """
        now = fields.Datetime.now()
        refused = self.filtered(
            lambda line: (
                line.quantity
                and line.product_id.med_consumable
                and not line._leads_out_of_use()
                and not line.move_id.picking_id.med_override_reason
                and line._is_unusable(now)
            )
        )
        if refused:
            raise UserError(
                self.env._(
                    "These lots are expired or on hold and cannot be moved here:\n"
                    "%(lots)s\n"
                    "Choose another lot, or bring them to quarantine, scrap or back to "
                    "the supplier.",
                    lots="\n".join(refused.mapped(lambda line: line._lot_label())),
                )
            )

    def _leads_out_of_use(self):
        destination = self.location_dest_id
        return destination.usage in ("inventory", "supplier") or (
            destination.med_quarantine
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

    def _check_no_posted_use(self):
        done = self.filtered(
            lambda line: line.state == "done" and line.move_id.med_department_id
        )
        if done and self.env["med.consumption.allocation"].sudo().search_count(
            # The ledger protects itself from people who may not read it.
            [("move_line_id", "in", done.ids)],
            limit=1,
        ):
            raise UserError(
                self.env._(
                    "This transfer posts the use of %(department)s and cannot be "
                    "edited. Record a return for the wrong line instead.",
                    department=done.move_id.med_department_id[:1].display_name,
                )
            )

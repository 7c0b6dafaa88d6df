from odoo import models
from odoo.exceptions import UserError

#: What a posted use says about stock; Odoo would change the value but not the ledger.
POSTED = {"quantity", "lot_id", "product_id", "location_id", "location_dest_id"}


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    def write(self, vals):
        if POSTED & vals.keys():
            self._check_no_posted_use()
        return super().write(vals)

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

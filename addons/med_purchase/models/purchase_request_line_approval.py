from odoo import api, models
from odoo.addons.med_consumables.models.field_labels import labels_of
from odoo.exceptions import AccessError

from .purchase_request_guard import is_chatter, outcomes_in

#: What was ordered and received, which the original leaves open to entry.
OUTCOMES = {"move_dest_ids", "purchase_request_allocation_ids"}
#: Declared read-only for screens, and yet entered with a line.
ENTERED = {"cancelled", "request_id"}


class PurchaseRequestLine(models.Model):
    """A line changes only while its request is a draft (see ``purchase.request``)."""

    # What the line asks for is in purchase_request_line.py.
    # pylint: disable-next=consider-merging-classes-inherited
    _inherit = "purchase.request.line"

    @api.depends("request_id.state", "request_id.is_editable")
    def _compute_is_editable(self):
        result = super()._compute_is_editable()
        for line in self:
            if line.request_id:
                line.is_editable = line.is_editable and line.request_id.is_editable
        return result

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            for vals in vals_list:
                self.browse()._check_entered(vals)
        lines = super().create(vals_list)
        if not self.env.su:
            # Whatever request the line ended up on, also by a default.
            lines.request_id._check_open()
            lines.request_id._remember_author()
        return lines

    def write(self, vals):
        guarded = not self.env.su and not all(map(is_chatter, vals))
        if guarded:
            self.check_access("write")
            self._check_entered(vals)
            self.request_id._check_open()
            self.request_id._remember_author()
        result = super().write(vals)
        if guarded and "request_id" in vals:
            self.request_id._check_open()
            self.request_id._remember_author()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_under_review(self):
        if not self.env.su:
            self.request_id._check_open()

    def _check_entered(self, vals):
        outcome = outcomes_in(self, vals, OUTCOMES, ENTERED)
        if outcome:
            raise AccessError(
                self.env._(
                    "%(fields)s of a request line cannot be entered: they follow from "
                    "orders and receipts.",
                    fields=labels_of(self, outcome),
                )
            )

    def do_cancel(self):
        """A buyer may drop lines that were agreed to; others only those of a draft."""
        agreed = self.filtered(
            lambda line: line.request_id.state in ("approved", "in_progress")
        )
        if agreed:
            if not self.env.su:
                agreed.request_id._check_step("approved", "in_progress", buyer=True)
            super(PurchaseRequestLine, agreed.sudo()).do_cancel()
        rest = self - agreed
        return super(PurchaseRequestLine, rest).do_cancel() if rest else True

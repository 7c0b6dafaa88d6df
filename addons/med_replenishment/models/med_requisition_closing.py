from odoo import api, fields, models
from odoo.addons.med_consumables.models.med_requisition import (
    MedRequisition as Requisition,
)

CLOSING_KINDS = [
    ("not_needed", "It was not needed"),
    ("not_in_stock", "It was not in stock"),
    ("replaced", "Something else was taken"),
]


class MedRequisition(models.Model):
    """Why the rest of a request was not served: only what lacked is demand.

    A department that cancels does not need it, unless it says otherwise; what the store
    closes without issuing it was not in stock.
    """

    _inherit = "med.requisition"
    _med_set_by_steps = Requisition._med_set_by_steps | {"closing_kind"}

    closing_kind = fields.Selection(
        CLOSING_KINDS,
        string="Why Not Served",
        readonly=True,
        copy=False,
        help="Only what was not in stock counts as demand in the forecast.",
    )

    def _cancel(self, reason):
        result = super()._cancel(reason)
        kind = self.env.context.get("med_closing_kind") or self._closing_kind_usual()
        self._advance(closing_kind=kind)
        return result

    def _closing_kind_usual(self):
        """What a cancellation by the acting person most likely means."""
        own = self.department_id.sudo()._filtered_own()  # a look at whose it is
        store = self.env.user.has_group("med_consumables.group_storekeeper")
        return "not_in_stock" if store and not own else "not_needed"

    def action_redraft(self):
        result = super().action_redraft()
        self._advance(closing_kind=False)
        return result

    def _follow_transfers(self):
        result = super()._follow_transfers()
        # Whoever validates a transfer closes the request; see the original.
        self.sudo().filtered(lambda request: request._is_short())._advance(
            closing_kind="not_in_stock"
        )
        return result

    def _is_short(self):
        self.ensure_one()
        return (
            not self.closing_kind
            and self.state in ("issued", "received", "cancelled")
            and any(line.approved_qty > line.issued_qty for line in self.line_ids)
        )


class MedRequisitionReason(models.TransientModel):
    _inherit = "med.requisition.reason"

    closing_kind = fields.Selection(
        CLOSING_KINDS,
        string="Why",
        compute="_compute_closing_kind",
        store=True,
        readonly=False,
        help="Only what was not in stock counts as demand in the forecast.",
    )

    @api.depends("requisition_ids")
    def _compute_closing_kind(self):
        for wizard in self:
            wizard.closing_kind = wizard.requisition_ids._closing_kind_usual()

    def action_confirm(self):
        self.ensure_one()
        chosen = self.with_context(med_closing_kind=self.closing_kind)
        return super(MedRequisitionReason, chosen).action_confirm()

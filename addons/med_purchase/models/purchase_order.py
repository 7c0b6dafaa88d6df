from odoo import SUPERUSER_ID, api, fields, models
from odoo.addons.med_consumables.models.field_labels import labels_of
from odoo.exceptions import AccessError, UserError

#: What a confirmed order was agreed with; changing it changes its cost.
TERMS = {
    "company_id",
    "currency_id",
    "date_order",  # decides on the rate of a foreign currency
    "fiscal_position_id",
    "partner_id",
}


def computed_in(records, vals):
    """Names in ``vals`` of stored fields that are computed and not for entry.

    They decide on approval and budget: totals, rates, costs. Over RPC the original
    writes them as they come.
    """
    return {
        name
        for name in vals
        if (field := records._fields.get(name))
        and field.store
        and field.compute
        and field.readonly
    }


class PurchaseOrder(models.Model):
    """A confirmed order was confirmed by its button, and stays what was agreed to.

    Over RPC the original accepts ``write({"state": "purchase"})`` and any later change
    of price or quantity. Here the state of an order that counts moves by buttons only;
    they check, then run elevated on behalf of the person who pressed them. Only an
    approver may raise a confirmed order. The superuser (scheduler) is not bound.
    """

    _inherit = "purchase.order"

    med_above_request = fields.Text(
        string="Above What Was Approved",
        compute="_compute_med_above_request",
        help="Lines that order more than was approved; an approver must agree.",
    )

    med_request_count = fields.Integer(
        string="Number of Requests", compute="_compute_med_counts"
    )
    med_alert_count = fields.Integer(
        string="Number of Alerts", compute="_compute_med_counts"
    )

    @api.depends(
        "order_line.product_qty",
        "order_line.purchase_request_lines.purchase_lines.product_qty",
        "order_line.purchase_request_lines.purchase_lines.state",
    )
    def _compute_med_above_request(self):
        above = self.order_line._med_above_request()
        for order in self:
            order.med_above_request = "\n".join(
                line._med_say_above(*above[line])
                for line in order.order_line
                if line in above
            )

    @api.depends("order_line.purchase_request_lines")
    def _compute_med_counts(self):
        for order in self:
            lines = order.order_line.purchase_request_lines
            order.med_request_count = len(lines.request_id)
            # Only the number; opening the list takes the right to read alerts.
            order.med_alert_count = len(lines.sudo().med_alert_ids)

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        if not self.env.su and any(o.state not in ("draft", "sent") for o in orders):
            raise AccessError(
                self.env._(
                    "An order begins as a request for quotation. "
                    "Confirm it with its button."
                )
            )
        return orders

    def write(self, vals):
        if not self.env.su:
            self._check_not_forged(vals)
        return super().write(vals)

    def _check_not_forged(self, vals):
        outcomes = computed_in(self, vals) | {"date_approve"} & vals.keys()
        if outcomes:
            raise AccessError(
                self.env._(
                    "%(fields)s of an order cannot be entered; they follow from its "
                    "lines and its confirmation.",
                    fields=labels_of(self, sorted(outcomes)),
                )
            )
        agreed = self.filtered(lambda order: order.state in ("purchase", "to approve"))
        if vals.get("state") == "purchase" or ("state" in vals and agreed):
            raise AccessError(
                self.env._(
                    "The state of an order is not entered. "
                    "Use the buttons at the top of the order."
                )
            )
        confirmed = agreed.filtered(lambda order: order.state == "purchase")
        if confirmed and TERMS & vals.keys() and not self._may_amend():
            raise UserError(
                self.env._(
                    "%(order)s is confirmed; its %(fields)s can be changed by an "
                    "approver only. Cancel it and order anew, or ask an approver.",
                    order=confirmed[0].display_name,
                    fields=labels_of(self, sorted(TERMS & vals.keys())),
                )
            )

    def _may_amend(self):
        """Whether the acting person may raise a confirmed order."""
        return self.env.su or self.env.user.has_group("med_purchase.group_approver")

    def button_approve(self, force=False):
        self.check_access("write")
        # On behalf of whoever confirms: only this button may set the state.
        elevated = super(PurchaseOrder, self.sudo())
        return elevated.button_approve(force=force)

    def button_cancel(self):
        self.check_access("write")
        # On behalf of whoever cancels: only this button may leave the state.
        return super(PurchaseOrder, self.sudo()).button_cancel()

    def button_draft(self):
        self.check_access("write")
        standing = self.filtered(lambda order: order.state == "purchase")
        if standing and not self.env.su:
            raise UserError(
                self.env._(
                    "%(order)s is confirmed. Cancel it first, so that its receipt is "
                    "cancelled with it.",
                    order=standing[0].display_name,
                )
            )
        # On behalf of whoever resets: only this button may leave "to approve".
        return super(PurchaseOrder, self.sudo()).button_draft()

    def action_view_med_requests(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_purchase.purchase_request_action"
        )
        requests = self.order_line.purchase_request_lines.request_id
        action["domain"] = [("id", "in", requests.ids)]
        action["context"] = {}
        return action

    def action_view_med_alerts(self):
        lines = self.order_line.purchase_request_lines
        return lines.request_id.action_view_alerts()

    def _approval_allowed(self):
        """More than was approved goes to an approver, however small the amount."""
        if self.env.user.has_group("med_purchase.group_approver"):
            return True
        within = self.env.uid == SUPERUSER_ID or not self.med_above_request
        return within and super()._approval_allowed()

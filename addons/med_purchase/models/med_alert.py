from odoo import api, fields, models
from odoo.addons.med_alerts.core.next_step import Step
from odoo.addons.med_alerts.models.med_alert_step_low import LOW
from odoo.exceptions import UserError
from odoo.fields import Domain

OPEN_REQUESTS = ("draft", "to_approve", "approved", "in_progress")


class MedAlert(models.Model):
    """An alert becomes a purchase request, once: a second press links the first one."""

    _inherit = "med.alert"

    purchase_request_line_ids = fields.Many2many(
        "purchase.request.line",
        "med_alert_purchase_request_line_rel",
        "alert_id",
        "request_line_id",
        string="Request Lines",
        readonly=True,
        copy=False,
        groups="purchase_request.group_purchase_request_user",
    )
    purchase_request_count = fields.Integer(
        string="Number of Requests", compute="_compute_purchase_counts"
    )
    purchase_order_count = fields.Integer(
        string="Number of Orders", compute="_compute_purchase_counts"
    )

    def _compute_purchase_counts(self):
        for alert in self:
            # Readers of an alert may know how far its request is.
            lines = alert.sudo().purchase_request_line_ids
            alert.purchase_request_count = len(lines.request_id)
            alert.purchase_order_count = len(lines.purchase_lines.order_id)

    def action_request_purchase(self):
        """Ask for what these alerts miss; returns the requests."""
        return self._request_purchase()

    def _request_purchase(self, quantity=None):
        """Ask for what these alerts miss, or for ``quantity`` of one of them.

        One request line per reorder rule, made by native replenishment for whoever
        presses the button. Where a request is under way already, it is linked. Alerts
        for which nothing can be bought stay as they are, and it is said why.
        """
        self.env["purchase.request"].check_access("create")
        self.check_access("write")
        alerts = self._check_requestable()
        # The alert's figures and procurement are not the person's own to write.
        alerts = alerts.sudo()
        alerts._link_open_requests()
        alerts.filtered(lambda a: not a._open_request_lines())._replenish(quantity)
        without = alerts.filtered(lambda a: not a._open_request_lines())
        reasons = "\n".join(alert._why_no_request() for alert in without)
        if without == alerts:
            raise UserError(reasons)
        (alerts - without)._move_to_work()
        action = (self - without).action_view_purchase_requests()
        return self._notify(reasons, action) if without else action

    def _next_steps(self):
        """Buying, where the place is supplied by a vendor."""
        steps = super()._next_steps()
        point = self.orderpoint_id
        if self.kind not in LOW or self.covered or not point:
            return steps
        if self._buys() and not self._open_request_lines():
            terms = self._vendor_terms()
            partner = terms.partner_id if terms else None
            steps.append(
                Step("purchase", self._quantity_to_buy(), record=partner and partner.id)
            )
        return steps

    def _buys(self):
        rule = self._supply_rule()
        return bool(rule) and rule.action == "buy"

    def _quantity_to_buy(self):
        """As replenishment will ask for it: up to the maximum, in whole packs."""
        point, inputs = self.orderpoint_id, self.inputs or {}
        level = (inputs.get("usable") or 0.0) + self.on_the_way
        missing = max(point.product_max_qty, point.product_min_qty) - level
        return point._get_multiple_rounded_qty(max(missing, 0.0))

    def _vendor_terms(self):
        product = self.product_id.with_company(self.company_id)
        return product._med_vendor_terms(self._quantity_to_buy(), product.uom_id)

    def _say_step(self, step):
        if step.kind != "purchase":
            return super()._say_step(step)
        # Whoever sees the alert may know from whom is bought.
        vendor = self.env["res.partner"].sudo().browse(step.record or ())
        words = {
            "quantity": self._format_quantity(step.quantity),
            "unit": self.uom_id.name,
        }
        if not vendor:
            return self.env._("Request %(quantity)s %(unit)s to be bought.", **words)
        return self.env._(
            "Request %(quantity)s %(unit)s to be bought from %(vendor)s.",
            vendor=vendor.display_name,
            **words,
        )

    def _do_purchase(self, step):
        """A request for what is proposed, or for what a person has made of it.

        A request that is under way already is linked as it is: it is others', and may
        be agreed to.
        """
        asked = None if step.quantity == self._quantity_to_buy() else step.quantity
        under_way = self.sudo()._requested_for_the_rule()  # see _request_purchase
        action = self._request_purchase(asked)
        lines = self.sudo()._open_request_lines()
        made = lines - under_way  # just now, on behalf of whoever acts
        if not made:
            words = self.env._(
                "%(requests)s is under way already. It is linked as it is; nothing was "
                "added to it.",
                requests=", ".join(lines.request_id.mapped("name")),
            )
            self.message_post(body=words)
            return self._notify(words, action)
        if step.record and made.supplier_id.ids != [step.record]:
            made.supplier_id = step.record
        return action

    @api.model
    def _notify(self, message, action):
        """Say ``message`` and go on with ``action``."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "message": message,
                "next": action,
            },
        }

    def action_view_purchase_requests(self):
        # Readable requests only: the action's own rights decide.
        requests = self.sudo().purchase_request_line_ids.request_id
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_purchase.purchase_request_action"
        )
        action["domain"] = [("id", "in", requests.ids)]
        action["context"] = {}
        if len(requests) == 1:
            action.update(res_id=requests.id, views=[(False, "form")])
        return action

    def action_view_purchase_orders(self):
        orders = self.sudo().purchase_request_line_ids.purchase_lines.order_id
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "purchase.purchase_form_action"
        )
        action["domain"] = [("id", "in", orders.ids)]
        action["context"] = {}
        return action

    def _check_requestable(self):
        alerts = self.filtered(lambda a: a.state != "resolved")
        if not alerts:
            raise UserError(
                self.env._("These alerts are resolved; nothing is to be requested.")
            )
        homeless = alerts.filtered(lambda a: not a.orderpoint_id)
        if homeless:
            raise UserError(
                self.env._(
                    "There is no reorder rule behind %(alert)s, so how much to buy is "
                    "not known. Enter a purchase request by hand.",
                    alert=homeless[0].display_name,
                )
            )
        return alerts

    def _open_request_lines(self):
        """Lines of these alerts that still bring something."""
        return self.purchase_request_line_ids.filtered(
            lambda line: line.request_id.state in OPEN_REQUESTS and not line.cancelled
        )

    def _link_open_requests(self):
        """Link what has been requested for the same reorder rules and not arrived."""
        by_orderpoint = self._requested_for_the_rule().grouped("orderpoint_id")
        for alert in self:
            if open_lines := by_orderpoint.get(alert.orderpoint_id):
                alert.purchase_request_line_ids |= open_lines

    def _requested_for_the_rule(self):
        return self.env["purchase.request.line"].search(
            [
                ("orderpoint_id", "in", self.orderpoint_id.ids),
                ("request_id.state", "in", OPEN_REQUESTS),
                ("cancelled", "=", False),
                ("pending_qty_to_receive", ">", 0),
            ]
        )

    def _replenish(self, quantity=None):
        """Run native replenishment of the reorder rules, knowing the alerts."""
        self._post_pending_use()
        for company, alerts in self.grouped("company_id").items():
            orderpoints = alerts.orderpoint_id.with_company(company)
            orderpoints._med_set_quantity_to_order()
            if quantity:
                orderpoints.qty_to_order_manual = quantity
            by_orderpoint = {
                orderpoint.id: same.ids
                for orderpoint, same in alerts.grouped("orderpoint_id").items()
            }
            # action_replenish, without its end: it deletes manual rules that a script
            # made once they need nothing.
            orderpoints.with_context(
                med_alerts_by_orderpoint=by_orderpoint
            )._procure_orderpoint_confirm(company_id=company)
            orderpoints.action_remove_manual_qty_to_order()

    def _post_pending_use(self):
        """Native replenishment sees what has moved: post what is only recorded."""
        subjects = [
            Domain("product_id", "=", alert.product_id.id)
            & Domain("location_id", "child_of", alert.location_id.id)
            for alert in self
        ]
        if subjects:
            self.env["med.consumption"]._post_pending(Domain.OR(subjects))

    def _supply_rule(self):
        """The native rule by which the place is supplied."""
        orderpoint = self.orderpoint_id
        return self.env["stock.rule"]._get_rule(
            orderpoint.product_id,
            orderpoint.location_id,
            {"warehouse_id": orderpoint.warehouse_id, "route_ids": orderpoint.route_id},
        )

    def _why_no_request(self):
        """Why nothing can be bought for this alert, in a sentence."""
        self.ensure_one()
        orderpoint = self.orderpoint_id
        rule = self._supply_rule()
        if rule and rule.action != "buy":
            return self.env._(
                "%(alert)s is supplied from %(store)s, not bought. "
                "Ask for a transfer there.",
                alert=self.display_name,
                store=rule.location_src_id.display_name or rule.name,
            )
        return self.env._(
            "Nothing is to be bought for %(alert)s: with %(coming)s %(unit)s on "
            "the way it is above its reorder point again.",
            alert=self.display_name,
            coming=self._format_quantity(self.on_the_way),
            unit=orderpoint.product_uom.name,
        )

    def _move_to_work(self):
        for alert in self:
            requests = alert._open_request_lines().request_id
            alert.message_post(
                body=self.env._(
                    "Purchase requested: %(requests)s",
                    requests=", ".join(requests.mapped("name")),
                )
            )
        self._with_parts()._move("begin")

    def _coverage(self):
        """Adds what approved requests made by hand have not on an order yet.

        Requests made for a reorder rule are counted natively, by that rule.
        """
        coverage = super()._coverage()
        lines = self._approved_lines_without_rule()
        missing, lines = lines._quantity_to_order(), lines.grouped("product_id")
        for alert in self.filtered(lambda a: a.id in coverage):
            place = alert.sudo().location_id  # see super: what comes is theirs to know
            coverage[alert.id] += sum(
                line._uom()._compute_quantity(missing[line], line.product_id.uom_id)
                for line in lines.get(alert.sudo().product_id, ())
                if line.request_id._arrives_in(place)
            )
        return coverage

    def _approved_lines_without_rule(self):
        """Lines of approved requests that belong to no reorder rule."""
        # On behalf of whoever reads the alert; see super.
        Line = self.env["purchase.request.line"].sudo()
        return Line.search(
            [
                ("product_id", "in", self.sudo().product_id.ids),
                ("request_id.state", "in", ("approved", "in_progress")),
                ("orderpoint_id", "=", False),
                ("cancelled", "=", False),
            ]
        )

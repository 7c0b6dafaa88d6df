from odoo import models
from odoo.fields import Command


class StockRule(models.Model):
    _inherit = "stock.rule"

    def is_create_purchase_request_allowed(self, procurement):
        """What an alert asks for is agreed to first, whatever the product's policy."""
        asked, rule = procurement
        return super().is_create_purchase_request_allowed(procurement) or bool(
            rule.action == "buy" and asked.values.get("med_alert_ids")
        )

    def _make_pr_get_domain(self, values):
        """One draft per person and department: each need is agreed to as one."""
        return (
            *super()._make_pr_get_domain(values),
            ("requested_by", "=", self.env.user.id),
            ("department_id", "=", self._med_department(values).id),
        )

    def _prepare_purchase_request(self, origin, values):
        request = super()._prepare_purchase_request(origin, values)
        # The original believes a user named by the client's context.
        request["requested_by"] = self.env.user.id
        request["department_id"] = self._med_department(values).id
        return request

    def _prepare_purchase_request_line(self, request_id, procurement):
        line = super()._prepare_purchase_request_line(request_id, procurement)
        alerts = self.env["med.alert"].browse(
            procurement.values.get("med_alert_ids") or ()
        )
        if alerts:
            line["med_alert_ids"] = [Command.set(alerts.ids)]
            line["specifications"] = "\n".join(alerts.mapped("explanation"))
        return line

    def _med_department(self, values):
        """Whom a procurement is for: the department of its reorder rule's place."""
        location = (
            values["orderpoint_id"].location_id
            if values.get("orderpoint_id")
            else self.location_dest_id
        )
        return location._med_departments().get(location, self.env["med.department"])

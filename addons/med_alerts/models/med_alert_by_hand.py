from odoo import api, models
from odoo.exceptions import UserError


class MedAlert(models.Model):
    """What people do with an alert by its buttons: move it, look behind it, ask why."""

    _inherit = "med.alert"

    def action_acknowledge(self):
        """I have seen it and take care of it."""
        self._move_by_hand("acknowledge")

    def action_in_work(self):
        """A request, a transfer or a call has been made."""
        self._move_by_hand("begin")

    def action_resolve(self):
        """Check again and close what has recovered.

        An alert dies with its condition, not by a wish: closed with the shelf still
        empty it would only come back, and people learn to click it away.
        """
        self.check_access("write")
        # The engine writes the outcome; see write().
        alerts = self.sudo().filtered(lambda alert: alert.state != "resolved")
        alerts._evaluate_again()
        lasting = alerts.filtered(lambda alert: alert.state != "resolved")
        if lasting:
            raise UserError(
                self.env._(
                    "This still holds:\n%(alerts)s\n"
                    "It closes by itself when stock recovers. "
                    "If the rule is wrong, change the reorder rule.",
                    alerts="\n".join(lasting.mapped("explanation")),
                )
            )

    def action_view_stock(self):
        """Stock on the shelf that the alert is about, lot by lot."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Stock"),
            "res_model": "stock.quant",
            "view_mode": "list",
            "domain": [
                ("product_id", "=", self.product_id.id),
                ("location_id", "child_of", self.location_id.ids),
            ],
        }

    def action_view_subject(self):
        """The paper that the alert is about; its own rights decide."""
        self.ensure_one()
        if not self.subject_model or not self.subject_id:
            return False
        return {
            "type": "ir.actions.act_window",
            "res_model": self.subject_model,
            "res_id": self.subject_id,
            "view_mode": "form",
        }

    def action_trace(self):
        """What every rule says about the same item and place, or the same paper."""
        self.ensure_one()
        trace = self.env["med.alert.trace"]
        if self.subject_model in self.env["med.alert.rule"]._trace_subjects():
            subject = f"{self.subject_model},{self.subject_id}"
            asked = trace.create({"about": "record", "record": subject})
        else:
            asked = trace.create(
                {
                    "product_id": self.product_id.id,
                    "department_id": self.department_id.id,
                }
            )
        if asked.record or (asked.product_id and asked.department_id):
            return asked.action_trace()
        return asked._open()

    @api.model
    def _action_open_of(self, field, records):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_alerts.med_alert_action"
        )
        action["domain"] = [(field, "in", records.ids)]
        action["context"] = {"search_default_unresolved": 1, "search_default_heads": 1}
        return action

    def _move_by_hand(self, event):
        """A person moves those of these alerts that ``event`` moves."""
        self.check_access("write")
        # The state is the engine's field: it moves by this action, for whoever may
        # write the alert, and not by an edit.
        self.sudo()._with_parts()._move(event)

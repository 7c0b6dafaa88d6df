from odoo import fields, models

from .med_alert_rule_use import USE_KINDS


class MedAlert(models.Model):
    """From an alert about use to the lines of the ledger that its figure is made of."""

    _inherit = "med.alert"

    is_about_use = fields.Boolean(compute="_compute_is_about_use")

    def _compute_is_about_use(self):
        kinds = {name for name, _label in USE_KINDS}
        for alert in self:
            alert.is_about_use = alert.kind in kinds and bool(
                (alert.inputs or {}).get("until")
            )

    def action_view_use(self):
        """The use and the returns of the window that was compared."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_consumption_action"
        )
        until = fields.Date.to_date(self.inputs["until"])
        days = self.inputs["days"]
        action["domain"] = self.env["med.alert.rule"]._window_domain(
            self.product_id.id, self.department_id.id, until, days
        )
        action["context"] = {"search_default_group_kind": 1}
        return action

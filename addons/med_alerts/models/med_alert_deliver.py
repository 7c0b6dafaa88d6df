from odoo import fields, models


class MedAlert(models.Model):
    """An alert puts its messages into the outbox when it calls somebody to act."""

    _inherit = "med.alert"

    delivery_ids = fields.One2many("med.alert.delivery", "alert_id", readonly=True)
    delivery_count = fields.Integer(
        string="Messages Sent", compute="_compute_delivery_count"
    )
    undelivered_count = fields.Integer(
        string="Not Delivered", compute="_compute_delivery_count"
    )

    def _compute_delivery_count(self):
        # Whoever may see the alert may know how many messages went out about it.
        rows = (
            self.env["med.alert.delivery"]
            .sudo()
            ._read_group(
                [("alert_id", "in", self.ids)], ["alert_id", "state"], ["__count"]
            )
        )
        for alert in self:
            counts = {
                state: count for found, state, count in rows if found.id == alert.id
            }
            alert.delivery_count = sum(counts.values())
            alert.undelivered_count = counts.get("dead", 0)

    def action_view_deliveries(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_alerts.med_alert_delivery_action"
        )
        action["domain"] = [("alert_id", "=", self.id)]
        return action

    def _announce(self, reason):
        result = super()._announce(reason)
        if reason == "eased":
            return result  # they have heard of worse
        # Higher up there is another receiver; the others have heard of it already.
        told = self.with_context(med_alert_reason=reason)
        self.env["med.alert.delivery"]._queue(told)
        return result

    def _finish_calls(self):
        self.env["med.alert.delivery"]._queue(self, "end")
        return super()._finish_calls()

    def _delivery_receivers(self, event):
        """Who hears of this alert: ``[(channel, user or none)]``."""
        self.ensure_one()
        channels = self.level_id.channel_ids.filtered(
            lambda channel: (
                channel.company_id <= self.company_id
                and (event != "end" or channel.tells_end)
            )
        )
        person = self._people(self.env.context.get("med_alert_reason"))
        return channels._receivers(person)

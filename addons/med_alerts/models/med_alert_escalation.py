from odoo import api, fields, models


class MedAlertEscalation(models.Model):
    """Who is called next where nobody has reacted for so many hours."""

    _name = "med.alert.escalation"
    _description = "Escalation of an Alert"
    _inherit = ["med.alert.owner"]
    _order = "level_id, after_hours, id"

    level_id = fields.Many2one(
        "med.alert.level", required=True, index=True, ondelete="cascade"
    )
    after_hours = fields.Float(
        string="After", required=True, default=4.0, help="Hours after the first call."
    )
    until = fields.Selection(
        [
            ("acknowledged", "nobody has acknowledged it"),
            ("in_work", "nothing has been done"),
            ("resolved", "it still holds"),
        ],
        string="If",
        required=True,
        default="acknowledged",
    )
    responsible = fields.Selection(default="above")

    _after_hours_positive = models.Constraint(
        "CHECK(after_hours > 0)", "Hours to an escalation are more than zero."
    )

    @api.depends("after_hours", "responsible", "user_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        roles = dict(self._fields["responsible"]._description_selection(self.env))
        for step in self:
            named = step.user_id.name if step.responsible == "user" else ""
            step.display_name = self.env._(
                "%(hours)s h: %(person)s",
                hours=f"{step.after_hours:g}",
                person=named or roles.get(step.responsible, ""),
            )

    def _rule(self):
        return self.level_id.rule_id

    def _applies_in(self, state):
        """Whether an alert in ``state`` goes up by this step."""
        order = ("open", "acknowledged", "in_work", "resolved")
        return order.index(state) < order.index(self.until)

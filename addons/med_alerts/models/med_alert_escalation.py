from odoo import fields, models


class MedAlertEscalation(models.Model):
    """Who is called next where nobody has reacted for so many hours."""

    _name = "med.alert.escalation"
    _description = "Escalation of an Alert"
    _inherit = ["med.alert.owner"]
    _order = "level_id, after_hours, id"
    _rec_name = "after_hours"

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

    def _rule(self):
        return self.level_id.rule_id

    def _applies_in(self, state):
        """Whether an alert in ``state`` goes up by this step."""
        order = ("open", "acknowledged", "in_work", "resolved")
        return order.index(state) < order.index(self.until)

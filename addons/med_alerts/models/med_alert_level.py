from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..core.levels import Level

#: From the mildest to the worst; the alphabet happens to sort them the other way
#: round, which puts the worst on top of lists.
SEVERITIES = [("watch", "Watch"), ("warning", "Warning"), ("critical", "Critical")]
RANK = {severity: rank for rank, (severity, _label) in enumerate(SEVERITIES)}


class MedAlertLevel(models.Model):
    """One step of a rule: from which quantity on, how bad it is, and who must act."""

    _name = "med.alert.level"
    _description = "Alert Level"
    _order = "rule_id, severity desc"
    _rec_name = "severity"

    rule_id = fields.Many2one("med.alert.rule", required=True, ondelete="cascade")
    severity = fields.Selection(SEVERITIES, required=True, default="warning")
    threshold = fields.Float(
        string="At or Below",
        required=True,
        help="The level is reached when the measured quantity is this or less.",
    )
    threshold_unit = fields.Selection(
        [
            ("percent", "% of the reorder point"),
            ("quantity", "in the product's unit"),
        ],
        string="Measured In",
        required=True,
        default="percent",
    )
    responsible = fields.Selection(
        [
            ("manager", "Manager of the department"),
            ("storekeeper", "Manager of the store that supplies it"),
            ("user", "The person named here"),
        ],
        string="Who Acts",
        required=True,
        default="manager",
        help="Where there is no such manager, the person named here acts, "
        "else the manager of the store.",
    )
    user_id = fields.Many2one(
        "res.users", string="Person", domain="[('share', '=', False)]"
    )
    react_days = fields.Integer(
        string="Days to React", default=1, help="Deadline of the activity; 0 is today."
    )

    _severity_uniq = models.Constraint(
        "unique(rule_id, severity)", "A rule has each level once."
    )
    _threshold_positive = models.Constraint(
        "CHECK(threshold >= 0)", "A threshold is zero or more."
    )
    _react_days_positive = models.Constraint(
        "CHECK(react_days >= 0)", "The days to react are zero or more."
    )

    @api.constrains("responsible", "user_id")
    def _check_user_id(self):
        for level in self:
            if level.responsible == "user" and not level.user_id:
                raise ValidationError(
                    self.env._(
                        "Name the person who acts on the level of %(rule)s.",
                        rule=level.rule_id.display_name,
                    )
                )

    def _limit(self, reorder_point):
        """At or below this quantity the level is reached; in the product's unit."""
        self.ensure_one()
        if self.threshold_unit == "percent":
            return reorder_point * self.threshold / 100.0
        return self.threshold

    def _core_levels(self, reorder_point):
        """These levels for one reorder point: ``{core level: record}``."""
        return {
            Level(RANK[level.severity], level._limit(reorder_point)): level
            for level in self
        }

    def _responsible_user(self, department, store):
        """Who acts on this level for ``department``, supplied by ``store``."""
        self.ensure_one()
        candidates = {
            "manager": department.manager_id or department.parent_id.manager_id,
            "storekeeper": store.manager_id,
            "user": self.user_id,
        }
        people = (candidates[self.responsible], self.user_id, store.manager_id)
        return next((person for person in people if person.active), self.env.user[:0])

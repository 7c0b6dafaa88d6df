from odoo import api, fields, models

from ..core.kind import LESS
from ..core.levels import Level, is_covered, level_reached

#: From the mildest to the worst; the alphabet happens to sort them the other way
#: round, which puts the worst on top of lists.
SEVERITIES = [("watch", "Watch"), ("warning", "Warning"), ("critical", "Critical")]
RANK = {severity: rank for rank, (severity, _label) in enumerate(SEVERITIES)}


class MedAlertLevel(models.Model):
    """One step of a rule: from which figure on, how bad it is, and who must act."""

    _name = "med.alert.level"
    _description = "Alert Level"
    _inherit = ["med.alert.owner"]
    _order = "rule_id, severity desc, threshold desc, id"

    rule_id = fields.Many2one(
        "med.alert.rule", required=True, index=True, ondelete="cascade"
    )
    name = fields.Char(
        translate=True, help="What this level is called, e.g. 30 days to go."
    )
    severity = fields.Selection(SEVERITIES, required=True, default="warning")
    threshold = fields.Float(
        required=True,
        digits="Product Unit",
        help="The level is reached when what is measured is this or worse.",
    )
    threshold_unit = fields.Selection(
        [
            ("percent", "% of the level that is planned"),
            ("quantity", "as it is measured"),
        ],
        string="Measured In",
        required=True,
        default=lambda self: self._default_threshold_unit(),
        help="Percent of what the kind compares with (reorder point, safety stock, "
        "maximum, quantity of the lot), or the figure itself: units, days, hours.",
    )
    unit_name = fields.Char(
        string="Unit", compute="_compute_unit_name", help="What the threshold is in."
    )
    react_days = fields.Integer(
        string="Days to React", default=1, help="Deadline of the activity; 0 is today."
    )
    despite_ordered = fields.Boolean(
        string="Even If Ordered",
        help="Call also where enough is on the way: what comes next week does not help "
        "a patient today.",
    )
    board_only = fields.Boolean(
        string="On the Board Only",
        help="Nobody is called: it is seen by whoever looks at the alerts.",
    )
    break_quiet = fields.Boolean(
        string="Also in Quiet Hours", help="Call at once, whatever the hour."
    )
    escalation_ids = fields.One2many(
        "med.alert.escalation", "level_id", string="Escalation", copy=True
    )

    _step_uniq = models.Constraint(
        "unique(rule_id, severity, threshold, threshold_unit)",
        "A rule has each level once.",
    )
    _threshold_positive = models.Constraint(
        "CHECK(threshold >= 0)", "A threshold is zero or more."
    )
    _react_days_positive = models.Constraint(
        "CHECK(react_days >= 0)", "The days to react are zero or more."
    )

    @api.model
    def _default_threshold_unit(self):
        rule = self.env["med.alert.rule"].browse(
            self.env.context.get("default_rule_id")
        )
        return "percent" if rule.kind_percent else "quantity"

    @api.depends("threshold_unit", "rule_id.kind")
    @api.depends_context("lang")
    def _compute_unit_name(self):
        names = {
            "quantity": self.env._("units"),
            "days": self.env._("days"),
            "hours": self.env._("hours"),
            "percent": "%",
        }
        for level in self:
            unit = (
                "percent"
                if level.threshold_unit == "percent"
                else level.rule_id.kind_unit
            )
            level.unit_name = names.get(unit, "")

    @api.depends("name", "severity")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["severity"]._description_selection(self.env))
        for level in self:
            label = labels.get(level.severity) or ""
            level.display_name = f"{label}: {level.name}" if level.name else label

    @api.constrains("threshold_unit", "rule_id")
    def _check_threshold_unit(self):
        self.rule_id._check_percent()

    def _limit(self, base):
        """From this figure on the level is reached, in the unit of what is measured."""
        self.ensure_one()
        if self.threshold_unit == "percent":
            return base * self.threshold / 100.0
        return self.threshold

    def _core_levels(self, base):
        """These levels for one ``base``: ``{core level: record}``."""
        return {
            Level(RANK[level.severity], level._limit(base)): level for level in self
        }

    def _reached(self, measure, worse=LESS):
        """The worst of these levels that ``measure`` has reached, or an empty one."""
        levels = self._core_levels(measure.base)
        reached = level_reached(measure.measured, levels, measure.step, worse)
        return levels[reached] if reached else self.browse()

    def _is_covered(self, measure, coming):
        """Whether ``coming`` (as measured) is enough, so that nobody need act on this
        level.
        """
        self.ensure_one()
        if self.despite_ordered:
            return False
        levels = self.rule_id.level_ids._core_levels(measure.base)
        return is_covered(measure.measured, coming, levels, measure.step)

    def _strictness(self, base, worse):
        """Orders the levels of one rule from the mildest to the worst."""
        limit = self._limit(base)
        return RANK[self.severity], -limit if worse == LESS else limit

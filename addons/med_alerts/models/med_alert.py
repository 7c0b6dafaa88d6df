from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..core import life_cycle
from .med_alert_level import SEVERITIES

#: What people may change by hand; the rest is the engine's.
BY_HAND = {"responsible_id"}


class MedAlert(models.Model):
    """Somebody must act: one open alert per rule and subject.

        open ──> acknowledged ──> in_work (a request or transfer was made)
          └───────────┴───────────────┴──> resolved, when the condition has ended

    All moves are in ``core/life_cycle.py``. The level changes inside the alert; when it
    gets worse, an acknowledged alert is open again. A condition that returns soon
    opens the same alert again; later it is a new one, and the resolved ones are the
    history.
    """

    _name = "med.alert"
    _description = "Alert"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "severity, opened_at desc, id desc"
    _rec_names_search = ["product_id", "department_id", "location_id"]

    rule_id = fields.Many2one(
        "med.alert.rule", required=True, readonly=True, index=True, ondelete="restrict"
    )
    kind = fields.Selection(related="rule_id.kind", store=True)
    subject_key = fields.Char(required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    product_id = fields.Many2one(
        "product.product", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    product_categ_id = fields.Many2one(
        related="product_id.categ_id", string="Product Category"
    )
    location_id = fields.Many2one(
        "stock.location", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    department_id = fields.Many2one(
        "med.department", readonly=True, index="btree_not_null"
    )
    lot_id = fields.Many2one(
        "stock.lot", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner", string="Supplier", readonly=True, index="btree_not_null"
    )
    axis = fields.Selection(related="rule_id.axis")
    # What an alert of the axis "paper" is about: a certificate, an order, a budget.
    subject_model = fields.Char(readonly=True)
    subject_id = fields.Many2oneReference(
        string="Record", model_field="subject_model", readonly=True, index=True
    )
    subject_name = fields.Char(
        string="Subject",
        readonly=True,
        help="What it is about, where that is no item: a certificate, a delivery.",
    )
    orderpoint_id = fields.Many2one(
        "stock.warehouse.orderpoint",
        string="Reorder Rule",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    responsible_id = fields.Many2one(
        "res.users",
        tracking=True,
        index="btree_not_null",
        domain=[("share", "=", False)],
    )
    level_id = fields.Many2one("med.alert.level", readonly=True, ondelete="set null")
    severity = fields.Selection(
        SEVERITIES, required=True, readonly=True, tracking=True, index=True
    )
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    measured = fields.Float(
        digits="Product Unit", readonly=True, help="What was measured last."
    )
    threshold = fields.Float(
        digits="Product Unit",
        readonly=True,
        help="The alert holds as long as what is measured is this or worse.",
    )
    inputs = fields.Json(readonly=True)
    on_the_way = fields.Float(
        compute="_compute_on_the_way",
        digits="Product Unit",
        help="Open receipts, transfers and requests for quotation to this place.",
    )
    covered = fields.Boolean(
        string="Already Ordered",
        readonly=True,
        help="With what is on its way no level would be reached: nobody need act.",
    )
    opened_at = fields.Datetime(
        required=True, readonly=True, default=fields.Datetime.now, index=True
    )
    acknowledged_at = fields.Datetime(readonly=True)
    acknowledged_by_id = fields.Many2one("res.users", readonly=True)
    in_work_at = fields.Datetime(string="Work Began", readonly=True)
    checked_at = fields.Datetime(
        string="Last Checked", readonly=True, default=fields.Datetime.now
    )
    resolved_at = fields.Datetime(readonly=True)
    state = fields.Selection(
        [
            ("open", "Open"),
            ("acknowledged", "Acknowledged"),
            ("in_work", "In Work"),
            ("resolved", "Resolved"),
        ],
        required=True,
        readonly=True,
        default="open",
        tracking=True,
        index=True,
        group_expand=True,
    )
    reopen_count = fields.Integer(
        string="Times It Came Back", readonly=True, help="Within the hours of its rule."
    )
    snoozed_until = fields.Datetime(
        readonly=True,
        tracking=True,
        help="Nobody is called before, unless it gets worse.",
    )
    dismissed = fields.Boolean(
        string="False Alarm",
        readonly=True,
        tracking=True,
        help="Closed by a person as no reason to act, until the condition ends or "
        "gets worse.",
    )
    dismiss_reason = fields.Char(readonly=True, tracking=True)
    lasting = fields.Boolean(
        readonly=True,
        help="Closed as a false alarm, and the condition has not ended since.",
    )
    # Calls and escalations are moments, so that a missed run loses none of them.
    call_at = fields.Datetime(string="Next Call", readonly=True)
    call_reason = fields.Char(readonly=True)
    called_at = fields.Datetime(string="Last Call", readonly=True)
    escalate_at = fields.Datetime(string="Goes Up At", readonly=True)
    escalation_step = fields.Integer(string="Escalations", readonly=True)
    escalated_to_id = fields.Many2one(
        "res.users", readonly=True, tracking=True, index="btree_not_null"
    )
    color = fields.Integer(compute="_compute_color")
    may_act = fields.Boolean(compute="_compute_may_act")

    _call_idx = models.Index("(call_at) WHERE call_at IS NOT NULL")
    _escalate_idx = models.Index("(escalate_at) WHERE escalate_at IS NOT NULL")
    _recent_idx = models.Index("(rule_id, resolved_at) WHERE state = 'resolved'")
    _one_open = models.UniqueIndex(
        "(rule_id, subject_key) WHERE state <> 'resolved'",
        "There is an open alert of this rule for the same subject already.",
    )

    @api.depends("state", "orderpoint_id")
    def _compute_on_the_way(self):
        coverage = self._coverage()
        for alert in self:
            alert.on_the_way = coverage.get(alert.id, 0.0)

    @api.depends("severity", "state")
    def _compute_color(self):
        colors = {"critical": 1, "warning": 2, "watch": 4}
        for alert in self:
            alert.color = 10 if alert.state == "resolved" else colors[alert.severity]

    @api.depends_context("uid")
    def _compute_may_act(self):
        allowed = self._filtered_access("write")
        for alert in self:
            alert.may_act = alert in allowed

    def write(self, vals):
        if not self.env.su and vals.keys() - BY_HAND - self._fields_of_mixins():
            raise UserError(
                self.env._(
                    "The figures of an alert are measured and its state is moved by "
                    "the buttons; only who is responsible can be changed by hand."
                )
            )
        result = super().write(vals)
        if "responsible_id" in vals and not self.env.context.get("med_alert_engine"):
            self._hand_over()
        return result

    def _coverage(self):
        """What is on its way to the subject of each alert: ``{alert id: quantity}``.

        Extension point: what other addons know to be on its way is added to it.
        Quantities in the product's unit.
        """
        # Readers of an alert may not read orders; what is coming is theirs to know.
        orderpoints = self.sudo().orderpoint_id
        coming = orderpoints._med_on_the_way()
        return {
            alert.id: coming.get(alert.sudo().orderpoint_id, 0.0)
            for alert in self
            if alert.orderpoint_id
        }

    @api.model
    def _fields_of_mixins(self):
        """Fields of chatter and activities: their own models keep their rights."""
        return {
            name
            for name in self._fields
            if name.startswith(("message_", "activity_", "my_activity_", "website_"))
        }

    def _move(self, event, **values):
        """Move those of these alerts that ``event`` moves; returns them."""
        now = fields.Datetime.now()
        moved = self.filtered(lambda alert: life_cycle.may(alert.state, event))
        for state, alerts in moved.grouped("state").items():
            new = life_cycle.after(state, event)
            stamps = {
                "acknowledged": {
                    "acknowledged_at": now,
                    "acknowledged_by_id": self.env.uid,
                },
                "in_work": {"in_work_at": now},
                "resolved": {"resolved_at": now, "call_at": False, "escalate_at": False}
                | {"snoozed_until": False},
            }
            alerts.write({"state": new, **stamps.get(new, {}), **values})
        return moved

    @api.model
    def _count_open(self, field, records):
        """Open alerts that the reader may see: ``{record: count}``."""
        if not self.has_access("read"):
            return {}
        return dict(
            self._read_group(
                Domain(field, "in", records.ids)
                & Domain("state", "!=", "resolved")
                & self._heads(),
                [field],
                ["__count"],
            )
        )

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..core.kind import LESS, Look


class MedAlertTrace(models.TransientModel):
    """Why is there an alert about this item here, or why is there none?

    Anybody may ask about an item in a place that they may see. Every rule about items
    and lots answers with what it measures now and what it compares with.
    """

    _name = "med.alert.trace"
    _description = "Why, or Why Not"

    product_id = fields.Many2one("product.product", string="Item", required=True)
    department_id = fields.Many2one(
        "med.department",
        required=True,
        default=lambda self: self.env.user.med_department_ids[:1],
    )
    asked_at = fields.Datetime(readonly=True)
    line_ids = fields.One2many("med.alert.trace.line", "trace_id", readonly=True)

    @api.onchange("product_id", "department_id")
    def _onchange_subject(self):
        self.line_ids = [fields.Command.clear()]

    def action_trace(self):
        self.ensure_one()
        self._check_may_ask()
        # The engine measures with its own eyes; the place was checked just now.
        rules = self.env["med.alert.rule"].sudo().with_context(active_test=False)
        subject = self.sudo()
        self.env.flush_all()
        self.line_ids = [fields.Command.clear()] + [
            fields.Command.create(values)
            for rule in rules.search([]).filtered(lambda each: each.axis != "paper")
            for values in rule._trace(
                subject.product_id, subject.department_id.stock_location_id
            )
        ]
        self.asked_at = fields.Datetime.now()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Why, or Why Not?"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def _check_may_ask(self):
        user = self.env.user
        if any(
            user.has_group(f"med_consumables.{group}")
            for group in ("group_storekeeper", "group_auditor", "group_administrator")
        ):
            return
        department = self.department_id.sudo()  # its name and its place in the tree
        if not department._filtered_own():
            raise AccessError(
                self.env._(
                    "%(department)s is not one of your departments.",
                    department=department.name,
                )
            )


class MedAlertTraceLine(models.TransientModel):
    """What one rule says about the item."""

    _name = "med.alert.trace.line"
    _description = "What a Rule Says"
    _order = "verdict, id"

    trace_id = fields.Many2one("med.alert.trace", required=True, ondelete="cascade")
    rule_name = fields.Char(string="Rule")
    subject = fields.Char()
    verdict = fields.Selection(
        [("1_alert", "Alert"), ("2_fine", "Fine"), ("3_unwatched", "Not watched")],
        required=True,
    )
    reason = fields.Text()
    alert_id = fields.Many2one("med.alert", string="Alert")

    def action_open_alert(self):
        self.ensure_one()
        return self.alert_id._get_records_action(name=self.env._("Alert"))


class MedAlertRule(models.Model):
    _inherit = "med.alert.rule"

    def _trace(self, product, place):
        """What this rule says about ``product`` in ``place``: values of trace lines."""
        self.ensure_one()
        line = {"rule_name": self.name, "verdict": "3_unwatched"}
        reason = self._why_unwatched(product, place)
        if reason:
            return [{**line, "reason": reason}]
        look = Look(pairs=frozenset({(product.id, place.id)}), full=True)
        measures = [
            measure
            for measure in self._measures(look)
            if measure.values.get("product_id") == product.id
        ]
        if not measures:
            return [{**line, "reason": self._why_no_measure(product, place)}]
        return [{**line, **self._trace_measure(measure)} for measure in measures]

    def _why_unwatched(self, product, place):
        """Why this rule does not look at the item here; None where it does."""
        company = self.company_id or self.env.company
        today = company._med_day(fields.Datetime.now())
        department = place._med_departments()[place]
        outside = self.department_ids and department not in self._department_scope()
        causes = (
            (not self.active, self.env._("The rule is archived.")),
            (not self.level_ids, self.env._("The rule has no levels.")),
            (
                self.date_from and today < self.date_from,
                self.env._("The rule holds from %s on.", self.date_from),
            ),
            (
                self.date_to and self.date_to < today,
                self.env._("The rule held until %s.", self.date_to),
            ),
            (
                self.company_id and place.company_id != self.company_id,
                self.env._("The rule is for another company."),
            ),
            (outside, self.env._("The rule does not watch this department.")),
            (
                not product.filtered_domain(self._product_domain()),
                self.env._(
                    "The item is not in the scope of the rule: its products, "
                    "categories, classes or suppliers."
                ),
            ),
        )
        return next((text for holds, text in causes if holds), None)

    def _why_no_measure(self, product, place):
        """Why there is nothing to compare."""
        return {
            "reorder_point": self.env._("No reorder rule holds this item here."),
            "over_stock": self.env._("No reorder rule says how much is too much here."),
            "safety_stock": self.env._("No safety stock is set for this item here."),
            "days_of_cover": self.env._(
                "Nothing was used here of late, so it lasts for ever."
            ),
            "out_of_stock": self.env._(
                "It is neither kept here by a reorder rule nor used here."
            ),
            "dead_stock": self.env._("There is nothing of it here."),
            "expiry": self.env._("No lot with a date lies here."),
            "expiry_unused": self.env._(
                "No lot with a date within the days lies here."
            ),
            "expired": self.env._("Nothing here is past its date."),
            "cold_chain": self.env._(
                "It need not stay cold, lies in the cold, or no place of the hospital "
                "is marked as refrigerated."
            ),
            "count_difference": self.env._("The last count was right, or long ago."),
            "recall_open": self.env._("No running recall is about it here."),
        }.get(self.kind) or self.env._("There is nothing to measure.")

    def _trace_measure(self, measure):
        less = self._kind_facts().worse == LESS
        sign = "≤" if less else "≥"
        parts = []
        labels = dict(
            self.env["med.alert.level"]
            ._fields["severity"]
            ._description_selection(self.env)
        )
        for level in self.level_ids:
            reached = self._has_reached(level, measure)
            parts.append(
                self.env._(
                    "%(level)s: %(measured)s %(sign)s %(limit)s? %(answer)s",
                    level=level.name or labels[level.severity],
                    measured=f"{measure.measured:.2f}",
                    sign=sign,
                    limit=f"{level._limit(measure.base):.2f}",
                    answer=self.env._("yes") if reached else self.env._("no"),
                )
            )
        alert = self.env["med.alert"].search(
            [
                ("rule_id", "=", self.id),
                ("subject_key", "=", measure.key),
                "|",
                ("state", "!=", "resolved"),
                ("lasting", "=", True),
            ],
            limit=1,
        )
        parts += self._trace_inputs(measure) + self._trace_alert(alert)
        lot = self.env["stock.lot"].browse(measure.values.get("lot_id"))
        return {
            "verdict": "1_alert" if self._level_of(measure) else "2_fine",
            "reason": "\n".join(parts),
            "subject": lot.name,
            "alert_id": alert.id,
        }

    def _trace_inputs(self, measure):
        """The inputs in one line, named as the stock names them."""
        names = {
            "on_hand": self.env._("on hand"),
            "expired": self.env._("expired"),
            "held": self.env._("on hold"),
            "reserved": self.env._("reserved"),
            "pending": self.env._("used, not posted"),
            "usable": self.env._("usable"),
            "daily_use": self.env._("used a day"),
            "reorder_point": self.env._("reorder point"),
            "order_up_to": self.env._("order up to"),
            "safety_stock": self.env._("safety stock"),
            "quantity": self.env._("quantity"),
            "free": self.env._("free"),
            "days_left": self.env._("days left"),
            "expires": self.env._("expires"),
            "expected": self.env._("expected"),
            "counted": self.env._("counted"),
        }
        known = [
            f"{label} {measure.inputs[name]:g}"
            if isinstance(measure.inputs[name], float)
            else f"{label} {measure.inputs[name]}"
            for name, label in names.items()
            if measure.inputs.get(name) not in (None, "")
        ]
        return [", ".join(known)] if known else []

    def _trace_alert(self, alert):
        """Why an alert that there is calls nobody."""
        causes = (
            (alert.covered, self.env._("Enough is on its way: nobody is called.")),
            (
                alert.snoozed_until,
                self.env._(
                    "Snoozed until %s.", alert._format_moment(alert.snoozed_until)
                ),
            ),
            (
                alert.dismissed,
                self.env._("Closed as a false alarm: %s", alert.dismiss_reason or ""),
            ),
            (
                alert.level_id.board_only,
                self.env._("This level is on the board only: nobody is called."),
            ),
            (
                alert.call_at and not alert.snoozed_until,
                self.env._(
                    "Quiet hours: called at %s.", alert._format_moment(alert.call_at)
                ),
            ),
        )
        return [text for holds, text in causes if alert and holds]

from odoo import api, fields, models
from odoo.tools.misc import format_date

from ..core.kind import LESS, Look

#: Inputs that are days of the calendar, or moments.
CALENDAR = ("expires", "valid_to", "promised", "since")
#: Inputs that say nothing where they are zero.
IDLE_AT_ZERO = ("expired", "held", "reserved", "pending", "safety_stock")


class MedAlertRule(models.Model):
    """What a rule says when it is asked about one thing: ``med.alert.trace``.

    Extension point: ``_trace_subjects`` adds what can be asked about.
    """

    _inherit = "med.alert.rule"

    @api.model
    def _trace_subjects(self):
        """``{model of a record: {kind: (model, field)}}``.

        A rule of that kind watches the records of ``model`` that have the one asked
        about in ``field`` (``id``: the very same).
        """
        return {
            "med.certificate": {
                "certificate": ("med.certificate", "id"),
                "licence": ("med.certificate", "id"),
            },
            "stock.picking": {"late_receipt": ("stock.picking", "id")},
            "purchase.order": {"late_receipt": ("stock.picking", "purchase_id")},
            "res.partner": {
                "licence": ("med.certificate", "partner_id"),
                "late_receipt": ("stock.picking", "partner_id"),
            },
            "med.recall": {"recall_open": ("med.recall", "id")},
        }

    def _is_about_stock(self):
        """Whether an item in a place has a say in this rule."""
        return self.axis != "paper" and self._kind_facts().touched

    def _trace_record(self, record, model, field):
        """What this rule says about ``record``: values of trace lines."""
        self.ensure_one()
        line = {"rule_name": self.name, "verdict": "3_unwatched"}
        reason = self._why_idle()
        if reason:
            return [{**line, "reason": reason}]
        watched = self.env[model].search([(field, "=", record.id)])
        look = Look(records=frozenset(watched.ids), full=True)
        measures = list(self._measures(look)) if watched else []
        if not measures:
            return [{**line, "reason": self._why_no_measure()}]
        return [{**line, **self._trace_measure(measure)} for measure in measures]

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

    def _why_idle(self):
        """Why this rule looks at nothing; None where it looks."""
        company = self.company_id or self.env.company
        today = company._med_day(fields.Datetime.now())
        causes = (
            (not self.active, self.env._("The rule is archived.")),
            (not self.level_ids, self.env._("The rule has no levels.")),
            (
                self.date_from and today < self.date_from,
                self.env._(
                    "The rule holds from %s on.", format_date(self.env, self.date_from)
                ),
            ),
            (
                self.date_to and self.date_to < today,
                self.env._(
                    "The rule held until %s.", format_date(self.env, self.date_to)
                ),
            ),
        )
        return next((text for holds, text in causes if holds), None)

    def _why_unwatched(self, product, place):
        """Why this rule does not look at the item here; None where it does."""
        idle = self._why_idle()
        if idle:
            return idle
        department = place._med_departments()[place]
        outside = self.department_ids and department not in self._department_scope()
        causes = (
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

    def _why_no_measure(self, product=None, place=None):
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
            "recall_open": self.env._(
                "The recall is not running, or every unit is accounted for."
            ),
            "certificate": self.env._(
                "It has no last day, has been renewed, or is outside the scope of the "
                "rule."
            ),
            "licence": self.env._(
                "There is no licence with a last day, it has been renewed, or it is "
                "outside the scope of the rule."
            ),
            "late_receipt": self.env._(
                "Nothing of a supplier is open: it has arrived, was cancelled, or was "
                "never confirmed."
            ),
        }.get(self.kind) or self.env._("There is nothing to measure.")

    def _trace_measure(self, measure):
        parts = [self._trace_level(level, measure) for level in self.level_ids]
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
            "subject": lot.name or self._subject_of(measure),
            "alert_id": alert.id,
        }

    def _trace_level(self, level, measure):
        """What was measured against the limit of one level, and whether it is there."""
        kind = self._kind_facts()
        words = self.env["med.alert"]
        product = self.env["product.product"].browse(measure.values.get("product_id"))
        limit = words._format_quantity(level._limit(measure.base))
        unit = words._unit_word(kind.unit, product, self.company_id or self.env.company)
        reached = self._has_reached(level, measure)
        return self.env._(
            "%(level)s: %(measured)s %(sign)s %(limit)s? %(answer)s",
            level=level.name or level.display_name,
            measured=words._format_quantity(measure.measured),
            sign="≤" if kind.worse == LESS else "≥",
            limit=f"{limit} {unit}" if unit else limit,
            answer=self.env._("yes") if reached else self.env._("no"),
        )

    def _subject_of(self, measure):
        """What a measure is about, where that is no lot."""
        values = measure.values
        department = self.env["med.department"].browse(values.get("department_id"))
        if "subject_name" not in values:
            return False
        parts = (values["subject_name"], department.name)
        return " · ".join(part for part in parts if part)

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
            "valid_to": self.env._("valid until"),
            "promised": self.env._("promised for"),
            "lines": self.env._("open lines"),
            "since": self.env._("since"),
        }
        known = [
            f"{label} {self._trace_input(name, measure.inputs[name])}"
            for name, label in names.items()
            if measure.inputs.get(name) not in (None, "")
            and (measure.inputs[name] or name not in IDLE_AT_ZERO)
        ]
        return [" · ".join(known)] if known else []

    def _trace_input(self, name, value):
        words = self.env["med.alert"]
        if name in CALENDAR and " " in value:
            return words._format_moment(value)
        if name in CALENDAR:
            return words._format_day(fields.Date.to_date(value))
        return words._format_quantity(value)

    def _trace_alert(self, alert):
        """Why an alert that there is calls nobody."""
        causes = (
            (
                alert.head_id,
                self.env._("Told by a worse one: %s", alert.head_id.display_name),
            ),
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

from datetime import UTC

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..core.schedule import Quiet, next_step_at, steps_due
from .med_alert_activity import ACTIVITY

BATCH = 500
#: Calls that go beside the one that the time to react runs from.
BESIDE = ("escalated", "handed_over")


class MedAlert(models.Model):
    """Calling people: at once, after quiet hours, after a snooze, and higher up.

    A call that is not due yet is a moment (``call_at``), and so is an escalation
    (``escalate_at``): a job does what is due, however long it did not run.

    Extension point: ``_announce(reason)`` tells ``_people(reason)``. Reasons: opened,
    worse, not_ordered, snooze_over, escalated, handed_over, eased.
    """

    _inherit = "med.alert"

    def _call(self, reason):
        """Have the responsible persons called: now, or when their quiet hours end."""
        now = fields.Datetime.now()
        due = self.browse()
        loud = self.filtered(lambda alert: not alert.level_id.board_only)
        for rule, alerts in loud.grouped("rule_id").items():
            moment = rule._loud_from(now)
            later = alerts.browse()
            if moment > now:
                later = alerts.filtered(lambda a: not a.level_id.break_quiet)
                later.write({"call_at": moment, "call_reason": reason})
            due |= alerts - later
        due._announce(reason)

    def _announce(self, reason):
        """Tell those who must act, now. Extension point: by which ways."""
        if not self:
            return
        now = fields.Datetime.now()
        if reason not in BESIDE:
            for level, alerts in self.grouped("level_id").items():
                hours = level.escalation_ids.mapped("after_hours")
                alerts.write(
                    {
                        "call_at": False,
                        "call_reason": reason,
                        "called_at": now,
                        "escalation_step": 0,
                        "escalate_at": next_step_at(now, hours, 0) or False,
                    }
                )
        self._make_activities(reason)

    def _people(self, reason):
        """Whom to tell of this one alert."""
        self.ensure_one()
        return self.escalated_to_id if reason == "escalated" else self.responsible_id

    def _finish_calls(self):
        """Nothing is asked of anybody any more."""
        if self:
            self.write({"escalated_to_id": False})
            self.activity_feedback([ACTIVITY])

    # ---- what is due -----------------------------------------------------------------

    @api.model
    def _cron_follow_up(self):
        """Every few minutes: what time alone brings about."""
        cron = self.env["ir.cron"]
        clocked = [name for name, kind in self.rule_id._kinds().items() if kind.clock]
        self._evaluate(self.rule_id.search([("kind", "in", clocked)]))
        now = fields.Datetime.now()
        waiting = Domain("state", "!=", "resolved")
        calls = waiting & Domain("call_at", "<=", now)
        ups = waiting & Domain("escalate_at", "<=", now)
        cron._commit_progress(remaining=self.search_count(calls | ups))
        for domain, act in ((calls, "_call_due"), (ups, "_escalate")):
            while batch := self.search(domain, limit=BATCH):
                mine = batch.try_lock_for_update().filtered_domain(domain)
                if not mine:
                    break  # another run has them
                getattr(mine, act)()
                if not cron._commit_progress(len(mine)):
                    return

    def _call_due(self):
        """A postponed call: once more through the quiet hours, then out."""
        self._with_parts().write({"snoozed_until": False, "call_at": False})
        for reason, alerts in self.grouped("call_reason").items():
            alerts._call(reason or "opened")

    def _escalate(self):
        """Call the next ones up where nobody has reacted in time."""
        now = fields.Datetime.now()
        raised = self.browse()
        for alert in self._knowing_stores():
            steps = alert.level_id.escalation_ids.sorted("after_hours")
            hours = steps.mapped("after_hours")
            due = steps_due(alert.called_at or now, now, hours, alert.escalation_step)
            due_steps = steps[alert.escalation_step : due].filtered(
                lambda step, alert=alert: step._applies_in(alert.state)
            )
            values = {
                "escalation_step": due,
                "escalate_at": next_step_at(alert.called_at or now, hours, due)
                or False,
            }
            person = due_steps and alert._responsible_by(due_steps[-1])
            if person:
                values["escalated_to_id"] = person.id
                raised |= alert
            alert.write(values)
            for step in due_steps:
                alert._say_escalated(step)
        raised._announce("escalated")

    def _responsible_by(self, owner):
        """Who acts by ``owner``, a level or a step of its escalation."""
        self.ensure_one()
        return owner._responsible_user(
            self.department_id,
            self._store_of(self.department_id),
            self.product_id,
            self.env["res.users"].browse((self.inputs or {}).get("named_id")),
        )

    def _say_escalated(self, step):
        person = self._responsible_by(step)
        labels = dict(step._fields["until"]._description_selection(self.env))
        self.message_post(
            body=self.env._(
                "After %(hours)s hours %(reason)s: %(person)s was called.",
                hours=f"{step.after_hours:g}",
                reason=labels[step.until],
                person=person.name or self.env._("nobody could be found, so nobody"),
            )
        )

    # ---- what people decide ----------------------------------------------------------

    def action_snooze(self):
        return self._action_decide("snooze", self.env._("Snooze"))

    def action_dismiss(self):
        return self._action_decide("dismiss", self.env._("False Alarm"))

    def _action_decide(self, decision, name):
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": "med.alert.decision",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_alert_ids": self.ids,
                "default_decision": decision,
            },
        }

    def _snooze(self, until, reason=None):
        """Call nobody until then, unless it gets worse."""
        self.check_access("write")
        if until <= fields.Datetime.now():
            raise UserError(self.env._("Choose a moment that is still to come."))
        alerts = self.sudo()  # see _move_by_hand
        alerts = alerts.filtered(lambda alert: alert.state != "resolved")
        asleep = alerts._with_parts()
        asleep.write({"snoozed_until": until, "escalate_at": False})
        # What others speak for sleeps along and calls nobody when the time is over.
        asleep.filtered(lambda alert: not alert.head_id).write(
            {"call_at": until, "call_reason": "snooze_over"}
        )
        alerts._note(reason)

    def action_wake(self):
        """End a snooze: whoever is responsible is called again."""
        self.check_access("write")
        snoozed = self.sudo().filtered("snoozed_until")  # see _move_by_hand
        snoozed._with_parts().write({"snoozed_until": False, "call_at": False})
        snoozed.filtered(lambda alert: not alert.head_id)._call("snooze_over")

    def _dismiss(self, reason):
        """Close as a false alarm, until the condition ends or gets worse."""
        self.check_access("write")
        if not (reason or "").strip():
            raise UserError(
                self.env._(
                    "Say why this is a false alarm, so that the rule can be mended."
                )
            )
        alerts = self.sudo()  # see _move_by_hand
        moved = alerts._with_parts()._move(
            "dismiss", dismissed=True, lasting=True, dismiss_reason=reason
        )
        moved._finish_calls()

    def _note(self, text):
        if text:
            for alert in self:
                alert.message_post(body=text)

    # ---- handing over ----------------------------------------------------------------

    def _hand_over(self):
        """Another person is responsible: the activity goes along, at any hour.

        They are told of it when people may be called. Parts are silent, and where a
        call is still to come (after a snooze, or the night) it will be theirs.
        """
        # Whoever hands over need not be the one to whom the activity belongs.
        alerts = self.sudo().filtered(lambda alert: alert.state != "resolved")
        alerts.filtered(lambda a: not a.responsible_id).activity_unlink([ACTIVITY])
        heads = alerts.filtered(lambda a: a.responsible_id and not a.head_id)
        asked = set(heads.activity_search([ACTIVITY]).mapped("res_id"))
        heads.filtered(lambda a: a.id in asked)._make_activities("handed_over")
        heads.filtered(lambda a: not a.call_at)._call("handed_over")


class MedAlertRule(models.Model):
    _inherit = "med.alert.rule"

    def _loud_from(self, moment):
        """When this rule may call people, at or after ``moment`` (naive UTC)."""
        self.ensure_one()
        if self.quiet_from == self.quiet_to:
            return moment
        zone = (self.company_id or self.env.company)._med_time_zone()
        local = moment.replace(tzinfo=UTC).astimezone(zone)
        loud = Quiet(self.quiet_from, self.quiet_to).loud_from(local)
        return loud.astimezone(UTC).replace(tzinfo=None)

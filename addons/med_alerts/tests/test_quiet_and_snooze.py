from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.addons.med_alerts.models.med_alert_activity import ACTIVITY
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .follow_up_case import FollowUpCase


@tagged("post_install", "-at_install")
class TestQuietAndSnooze(FollowUpCase):
    def test_in_quiet_hours_the_call_waits_for_the_morning(self):
        self.env.company.partner_id.tz = "UTC"
        night = self.now.replace(hour=23, minute=30, second=0, microsecond=0)
        with freeze_time(night):
            alert = self._low(quiet_from=22, quiet_to=6)
            self.assertFalse(self._asked(alert))
            self._job()
            self.assertFalse(self._asked(alert))
        with freeze_time(night + timedelta(hours=6, minutes=30)):
            self._job()
        self.assertEqual(self._asked(alert), self.head_of_icu)

    def test_in_quiet_hours_a_task_changes_hands_without_a_call(self):
        self.env.company.partner_id.tz = "UTC"
        night = self.now.replace(hour=23, minute=30, second=0, microsecond=0)
        with freeze_time(night - timedelta(hours=4)):
            alert = self._low(quiet_from=22, quiet_to=6)
        with freeze_time(night):
            alert.responsible_id = self.chief
            self.assertEqual(self._asked(alert), self.chief, "the task is theirs")
            self._job()
            told = alert.delivery_ids.user_id
            self.assertEqual(told, self.head_of_icu, "by day, and nobody since")
        with freeze_time(night + timedelta(hours=6, minutes=31)):
            self._job()
        self.assertEqual(alert.delivery_ids.user_id, told | self.chief)

    def test_a_snooze_goes_on_where_somebody_else_is_responsible(self):
        alert = self._low()
        alert._snooze(self.now + timedelta(days=3))
        alert.responsible_id = self.chief
        self.assertEqual(alert.call_at, alert.snoozed_until)
        self.assertEqual(self._asked(alert), self.chief)
        alert.activity_unlink([ACTIVITY])
        with self._later(days=3, minutes=1):
            self._job()
        self.assertEqual(self._asked(alert), self.chief)

    def test_a_board_has_no_receiver_whoever_is_responsible(self):
        alert = self._low()
        alert.activity_unlink([ACTIVITY])
        alert.level_id.board_only = True
        alert.responsible_id = self.chief
        self.assertFalse(self._asked(alert))

    def test_what_may_break_the_quiet_does(self):
        self.env.company.partner_id.tz = "UTC"
        night = self.now.replace(hour=23, minute=30, second=0, microsecond=0)
        with freeze_time(night):
            alert = self._low(quiet_from=22, quiet_to=6)
            alert.level_id.break_quiet = True
            alert._call("opened")
        self.assertEqual(self._asked(alert), self.head_of_icu)

    def test_a_level_on_the_board_calls_nobody(self):
        rule = self._rule("reorder_point", 100, unit="percent")
        rule.level_ids.board_only = True
        self._orderpoint(20)
        alert = self._found(rule)
        self.assertTrue(alert.responsible_id)
        self.assertFalse(self._asked(alert))

    def test_a_level_on_the_board_calls_nobody_after_a_night(self):
        rule = self._rule("reorder_point", 100, unit="percent")
        rule.level_ids.board_only = True
        self._orderpoint(20)
        self.env["med.alert"]._evaluate_nightly(rule, self.now)
        alert = self.env["med.alert"].search([("rule_id", "=", rule.id)])
        self.assertTrue(alert)
        self.assertFalse(alert.call_at)
        with self._later(minutes=31):
            self._job()
        self.assertFalse(self._asked(alert))

    def test_a_snooze_ends_with_a_call_though_the_night_was_missed(self):
        alert = self._low()
        alert.activity_unlink([ACTIVITY])
        until = self.now + timedelta(days=1)
        self._decide(alert, decision="snooze", until=until, reason="Comes tomorrow")
        self.assertEqual(alert.snoozed_until, until)
        self.assertIn("Comes tomorrow", alert.message_ids[0].body)
        self._job()
        self.assertFalse(self._asked(alert))
        with self._later(days=4):
            self._job()
        self.assertFalse(alert.snoozed_until)
        self.assertEqual(self._asked(alert), self.head_of_icu)

    def test_what_gets_worse_is_awake_at_once(self):
        alert = self._low()
        self._decide(alert, decision="snooze", until=self.now + timedelta(days=9))
        self._stock(-10)
        self._found(self.rule)
        self.assertEqual(alert.severity, "critical")
        self.assertFalse(alert.snoozed_until)

    def test_a_snooze_lies_ahead(self):
        with self.assertRaisesRegex(UserError, "still to come"):
            self._low()._snooze(self.now - timedelta(hours=1))

    def test_a_snooze_can_be_ended(self):
        alert = self._low()
        alert._snooze(self.now + timedelta(days=9))
        alert.with_user(self.head_of_store).action_wake()
        self.assertFalse(alert.snoozed_until)

    def test_a_snooze_until_the_morning_ends_at_eight_in_the_hospital(self):
        self.env.company.partner_id.tz = "Asia/Shanghai"
        alert = self._low()
        for now, morning in (
            ("2026-03-02 17:30", datetime(2026, 3, 3, 0, 0)),  # half past one at night
            ("2026-03-03 01:00", datetime(2026, 3, 4, 0, 0)),  # nine in the morning
        ):
            with freeze_time(now):
                self._decide(alert, how_long="morning")
            self.assertEqual(alert.snoozed_until, morning)

    def test_the_night_in_which_clocks_change_ends_at_eight_too(self):
        self.env.company.partner_id.tz = "Europe/Berlin"
        alert = self._low()
        with freeze_time("2026-03-28 20:00"):  # summer time begins in this night
            self._decide(alert, how_long="morning")
        self.assertEqual(alert.snoozed_until, datetime(2026, 3, 29, 6, 0))

    def test_a_snooze_may_last_a_shift_a_week_or_until_any_moment(self):
        alert = self._low()
        moment = self.now + timedelta(days=3)
        with freeze_time(self.now):
            for how_long, until in (
                ("shift", self.now + timedelta(hours=8)),
                ("week", self.now + timedelta(weeks=1)),
            ):
                self._decide(alert, how_long=how_long)
                self.assertEqual(alert.snoozed_until, until, how_long)
            self._decide(alert, how_long="moment", until=moment)
        self.assertEqual(alert.snoozed_until, moment)

    def _decide(self, alert, **values):
        action = alert.action_snooze()
        self.env["med.alert.decision"].with_context(**action["context"]).create(
            {"alert_ids": [(6, 0, alert.ids)], **values}
        ).action_confirm()

    def test_a_false_alarm_stays_closed_until_it_ends_or_gets_worse(self):
        alert = self._low()
        alert.with_user(self.head_of_store)._dismiss("Not used any more")
        self.assertFalse(self._found(self.rule))
        self.assertEqual((alert.state, alert.dismissed), ("resolved", True))
        self._stock(-10)
        self.assertEqual(self._found(self.rule), alert)
        self.assertFalse(alert.dismissed)

    def test_a_false_alarm_that_ended_may_come_back(self):
        alert = self._low()
        alert._dismiss("Not used any more")
        self._stock(50)
        self._found(self.rule)
        self.assertFalse(alert.lasting)
        self._stock(-50)
        self.assertTrue(self._found(self.rule))

    def test_a_false_alarm_has_a_reason(self):
        with self.assertRaisesRegex(UserError, "Say why"):
            self._low()._dismiss(" ")

    def test_an_auditor_decides_nothing(self):
        auditor = new_test_user(
            self.env, "auditor_f", groups="med_consumables.group_auditor"
        )
        alert = self._low().with_user(auditor)
        for refused in (
            alert.action_snooze,
            alert.action_dismiss,
            alert.action_wake,
            alert.action_next_step,
            lambda: alert._dismiss("x"),
        ):
            with self.assertRaises(AccessError):
                refused()

import time
from datetime import timedelta

from psycopg2 import errors

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.med_alert_touch import NIGHT
from .follow_up_case import FollowUpCase


@tagged("post_install", "-at_install")
class TestNight(FollowUpCase):
    """The run that checks everything."""

    def _night(self, **context):
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            env = self.env(cr=cr, context={**self.env.context, **context})
            env["med.alert"]._cron_evaluate()
        self.env.invalidate_all()

    def test_all_rules_have_their_turn_though_the_time_of_one_go_is_over(self):
        rules = self._rule("out_of_stock", 0) | self._rule("days_of_cover", 7)
        self._daily(2.0)
        cron = self.env.ref("med_alerts.ir_cron_evaluate")
        progress = self.env["ir.cron.progress"].create({"cron_id": cron.id})
        self._night(
            cron_id=cron.id,
            ir_cron_progress_id=progress.id,
            cron_end_time=time.monotonic() - 1,
        )
        alerts = self.env["med.alert"].search([("rule_id", "in", rules.ids)])
        self.assertEqual(alerts.rule_id, rules)
        self.assertEqual(len(alerts.activity_ids), 1, "and somebody is called")

    def test_who_waited_longest_is_first(self):
        first, second = self._rule("out_of_stock", 0), self._rule("days_of_cover", 7)
        first.last_run_at = self.now
        second.last_run_at = self.now - timedelta(days=2)
        done = []
        alerts = type(self.env["med.alert"])
        native = alerts._evaluate_nightly

        def note(this, rule, since):
            done.append(rule.id)
            return native(this, rule, since)

        self.patch(alerts, "_evaluate_nightly", note)
        self._night()
        self.assertLess(done.index(second.id), done.index(first.id))

    def test_a_run_that_fails_lets_go_of_the_night(self):
        self._rule("out_of_stock", 0)

        def fail(this, rule, since):
            raise RuntimeError("the power failed")

        self.patch(type(self.env["med.alert"]), "_evaluate_nightly", fail)
        with self.assertRaises(RuntimeError), mute_logger("odoo.sql_db"):
            self._night()
        with self.registry.cursor() as cr:
            cr.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [NIGHT])
            [free] = cr.fetchone()
            cr.execute("SELECT pg_advisory_unlock(hashtext(%s))", [NIGHT])
        self.assertTrue(free)

    def test_who_writes_an_alert_meanwhile_does_not_break_the_night(self):
        rules = self._rule("out_of_stock", 0) | self._rule("days_of_cover", 7)
        self._daily(2.0)
        tries, alerts = [], type(self.env["med.alert"])
        native = alerts._evaluate_nightly

        def lose_once(this, rule, since):
            if rule in rules:
                tries.append(rule.id)
            result = native(this, rule, since)
            if tries.count(rule.id) == 1:
                raise errors.SerializationFailure("somebody was faster")
            return result

        self.patch(alerts, "_evaluate_nightly", lose_once)
        self._night()
        self.assertCountEqual(tries, rules.ids * 2)
        found = self.env["med.alert"].search([("rule_id", "in", rules.ids)])
        self.assertEqual(found.rule_id, rules)
        self.assertEqual(len(found.activity_ids), 1)

    def test_a_rule_that_loses_every_race_is_first_in_the_next_night(self):
        beaten, other = self._rule("out_of_stock", 0), self._rule("days_of_cover", 7)
        self._daily(2.0)
        alerts = type(self.env["med.alert"])
        native = alerts._evaluate_nightly

        def lose(this, rule, since):
            if rule == beaten:
                raise errors.SerializationFailure("somebody was faster")
            return native(this, rule, since)

        self.patch(alerts, "_evaluate_nightly", lose)
        with self.assertLogs("odoo.addons.med_alerts.models.med_alert_night"):
            self._night()
        self.assertFalse(beaten.last_run_at)
        self.assertTrue(other.last_run_at)
        self.assertTrue(self.env["med.alert"].search([("rule_id", "=", other.id)]))

    def test_what_is_touched_in_a_night_is_looked_at_again_after_it(self):
        self._low()
        touch = self.env["med.alert.touch"]
        touch.search([]).unlink()
        touch._touch([(self.gloves.id, self.icu.stock_location_id.id)])
        self.env.cr.precommit.run()
        with self.registry.cursor() as night:
            night.execute("SELECT pg_advisory_lock(hashtext(%s))", [NIGHT])
            taken = touch._take()
            self.assertEqual(len(taken), 1)
            taken._work_off()
            self.assertTrue(taken.exists().again)
            self.assertFalse(touch._take(), "once is enough while it is night")
            night.execute("SELECT pg_advisory_unlock(hashtext(%s))", [NIGHT])
        again = touch._take()
        self.assertEqual(again, taken)
        again._work_off()
        self.assertFalse(again.exists())

    def test_by_day_what_was_touched_is_done_with(self):
        touch = self.env["med.alert.touch"]
        touch.search([]).unlink()
        touch._touch([(self.gloves.id, self.icu.stock_location_id.id)])
        self.env.cr.precommit.run()
        touch._take()._work_off()
        self.assertFalse(touch.search([]))


@tagged("post_install", "-at_install")
class TestMissedRuns(FollowUpCase):
    def test_a_weekly_rule_is_due_after_a_week(self):
        rule = self._rule("reorder_point", 100, unit="percent", every_days=7)
        self._orderpoint(20)
        rule.last_run_at = self.now - timedelta(days=3)
        self._night()
        self.assertFalse(self._open_of(rule))
        rule.last_run_at = self.now - timedelta(days=7)
        self._night()
        self.assertTrue(self._open_of(rule))
        self.assertGreater(rule.last_run_at, self.now - timedelta(days=1))

    def test_newer_figures_of_another_run_are_left_alone(self):
        alert = self._low()
        self._stock(100)
        self.env["med.alert"]._evaluate(
            self.rule, since=fields.Datetime.now() - timedelta(hours=1)
        )
        self.assertEqual(alert.state, "open", "the other run saw it a moment ago")
        self._found(self.rule)
        self.assertEqual(alert.state, "resolved")

    def _night(self):
        with self.enter_registry_test_mode():
            self.env.ref("med_alerts.ir_cron_evaluate").method_direct_trigger()

    def _open_of(self, rule):
        return self.env["med.alert"].search(
            [("rule_id", "=", rule.id), ("state", "!=", "resolved")]
        )

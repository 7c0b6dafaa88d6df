from datetime import timedelta

from freezegun import freeze_time

from odoo.addons.med_alerts.models.med_alert_activity import ACTIVITY
from odoo.tests import tagged

from .follow_up_case import FollowUpCase


class HeadCase(FollowUpCase):
    """A shelf that several rules look at."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.low_rule = cls._rule(cls, "reorder_point", 100, unit="percent")
        cls.empty_rule = cls._rule(cls, "out_of_stock", 0)
        cls.days_rule = cls._rule(cls, "days_of_cover", 7)
        cls.rules = cls.low_rule | cls.empty_rule | cls.days_rule
        cls._orderpoint(cls, 20)
        cls._daily(cls, 2.0)

    def _look(self):
        self.env["med.alert"]._evaluate(self.rules)
        return self.env["med.alert"].search([("state", "!=", "resolved")])

    def _of(self, rule):
        return self.env["med.alert"].search(
            [("rule_id", "=", rule.id)], order="id desc", limit=1
        )


@tagged("post_install", "-at_install")
class TestOneAlertSpeaks(HeadCase):
    def test_an_empty_shelf_calls_once(self):
        alerts = self._look()
        self.assertEqual(len(alerts), 3)
        head = alerts.filtered(lambda alert: not alert.head_id)
        self.assertEqual(head.kind, "out_of_stock")
        self.assertEqual(head.part_ids, alerts - head)
        self.assertEqual(len(alerts.activity_ids), 1)
        self.assertEqual(self._asked(head), self.head_of_icu)

    def test_boards_and_counts_show_it_once(self):
        head = self._look().filtered(lambda alert: not alert.head_id)
        self.assertEqual(self.icu.med_alert_count, 1)
        self.assertEqual(self.gloves.med_alert_count, 1)
        self.assertIn(
            head, self.env["med.alert"].search(self.env["med.alert"]._heads())
        )

    def test_among_equals_the_kind_that_says_most_speaks(self):
        self._stock(5)  # 2.5 days, and below the reorder point
        head = self._look().filtered(lambda alert: not alert.head_id)
        self.assertEqual(head.kind, "days_of_cover")

    def test_a_worse_one_speaks_before_a_kind_that_says_more(self):
        self._stock(5)
        self.low_rule.level_ids.severity = "critical"
        self.days_rule.level_ids.severity = "watch"
        head = self._look().filtered(lambda alert: not alert.head_id)
        self.assertEqual((head.kind, head.severity), ("reorder_point", "critical"))

    def test_the_worse_one_speaks_although_it_came_later(self):
        self._stock(5)
        self._look()
        first = self._of(self.days_rule)
        self._stock(-5)
        self._look()
        worse = self._of(self.empty_rule)
        self.assertEqual(first.head_id, worse)
        self.assertFalse(self._asked(first))
        self.assertTrue(self._asked(worse))

    def test_when_it_ends_the_next_one_takes_over_and_asks(self):
        self._look()
        head = self._of(self.empty_rule)
        self._stock(5)
        self._look()
        self.assertEqual(head.state, "resolved")
        following = self._of(self.days_rule)
        self.assertFalse(following.head_id)
        self.assertEqual(self._of(self.low_rule).head_id, following)
        self.assertEqual(self._asked(following), self.head_of_icu)

    def test_who_has_acknowledged_the_worse_one_is_not_called_for_the_milder(self):
        self._channel_for(self.days_rule)
        self._look()
        self._of(self.empty_rule).action_acknowledge()
        self.assertEqual(self._of(self.days_rule).state, "acknowledged")
        self._stock(5)
        self._look()
        following = self._of(self.days_rule)
        self.assertFalse(following.head_id)
        self.assertEqual(following.state, "acknowledged")
        self.assertFalse(following.delivery_ids)
        self.assertTrue(self._asked(following), "the task goes on")

    def _channel_for(self, rule):
        channel = self.env["med.alert.channel"].create(
            {"name": "Inbox", "kind": "inbox"}
        )
        rule.level_ids.channel_ids = channel

    def test_a_false_alarm_is_one_for_all_of_them(self):
        head = self._look().filtered(lambda alert: not alert.head_id)
        head.with_user(self.head_of_icu)._dismiss("The cupboard has moved.")
        self.assertFalse(self._look())

    def test_a_snooze_is_one_for_all_of_them(self):
        self._look()
        head, until = self._of(self.empty_rule), self.now + timedelta(days=3)
        head.with_user(self.head_of_icu)._snooze(until)
        head.activity_unlink([ACTIVITY])
        self._stock(5)
        self._look()
        following = self._of(self.days_rule)
        self.assertEqual((head.state, following.head_id), ("resolved", head.browse()))
        self.assertFalse(self._asked(following), "it sleeps on")
        with self._later(days=3, minutes=1):
            self._job()
        self.assertEqual(self._asked(following), self.head_of_icu)
        self.assertFalse(following.snoozed_until)

    def test_when_a_snooze_is_over_the_head_alone_calls(self):
        alerts = self._look()
        head = self._of(self.empty_rule)
        head._snooze(self.now + timedelta(days=3))
        self.assertEqual(set(alerts.mapped("snoozed_until")), {head.snoozed_until})
        alerts.activity_unlink([ACTIVITY])
        with self._later(days=3, minutes=1):
            self._job()
        self.assertEqual(len(alerts.activity_ids), 1)
        self.assertFalse(any(alerts.mapped("snoozed_until")))

    def test_who_takes_over_from_somebody_has_one_task_a_shelf(self):
        alerts = self._look()
        alerts.responsible_id = self.chief
        self.assertEqual(len(alerts.activity_ids), 1)
        self.assertEqual(self._asked(self._of(self.empty_rule)), self.chief)

    def test_a_shelf_that_is_filled_ends_them_all(self):
        alerts = self._look()
        self._stock(100)
        self._look()
        self.assertEqual(set(alerts.mapped("state")), {"resolved"})
        self.assertFalse(alerts.activity_ids)

    def test_another_shelf_speaks_for_itself(self):
        self._orderpoint(20, department=self.dialysis)
        heads = self._look().filtered(lambda alert: not alert.head_id)
        self.assertEqual(heads.department_id, self.icu | self.dialysis)

    def test_a_level_on_the_board_only_silences_nobody(self):
        self.empty_rule.level_ids.board_only = True
        alerts = self._look()
        head = alerts.filtered(lambda alert: not alert.head_id)
        self.assertEqual(head.kind, "days_of_cover")
        self.assertTrue(self._asked(head))

    def test_lots_and_items_are_two_things(self):
        lot = self._lot(5)
        self._stock(5, lot=lot)
        self.rules |= self._rule("expiry", 30) | self._rule("expiry_unused", 0)
        heads = self._look().filtered(lambda alert: not alert.head_id)
        self.assertEqual(len(heads), 2)
        self.assertEqual(set(heads.mapped("axis")), {"item", "lot"})

    def test_the_night_finds_the_same_heads_and_calls_once(self):
        with self.enter_registry_test_mode():
            self.env.ref("med_alerts.ir_cron_evaluate").method_direct_trigger()
        alerts = self.env["med.alert"].search([("state", "!=", "resolved")])
        head = alerts.filtered(lambda alert: not alert.head_id)
        self.assertEqual((len(alerts), head.kind), (3, "out_of_stock"))
        self.assertEqual(len(alerts.activity_ids), 1)
        self.assertFalse(alerts.filtered("call_at"))

    def test_the_calls_of_a_night_that_died_are_made_later(self):
        with freeze_time(self.now):
            for rule in self.rules:
                self.env["med.alert"]._evaluate_nightly(rule, self.now)
        self.assertFalse(self.env["med.alert"].search([]).activity_ids)
        with self._later(minutes=29):
            self._job()
        self.assertFalse(self.env["med.alert"].search([]).activity_ids)
        with self._later(minutes=31):
            self._job()
        alerts = self.env["med.alert"].search([("state", "!=", "resolved")])
        self.assertEqual(alerts.activity_ids.user_id, self.head_of_icu)

    def test_only_what_was_touched_is_gathered(self):
        self._look()
        other = self._orderpoint(20, department=self.dialysis)
        self.env["med.alert"]._evaluate(
            self.rules, {(self.gloves.id, other.location_id.id)}
        )
        heads = self.env["med.alert"].search(
            [("state", "!=", "resolved"), ("head_id", "=", False)]
        )
        self.assertEqual(heads.department_id, self.icu | self.dialysis)

    def test_a_part_that_gets_worse_at_night_calls_nobody(self):
        self.low_rule.level_ids = [(0, 0, {"severity": "critical", "threshold": 0})]
        self._stock(1)
        self._look()
        part = self._of(self.low_rule)
        self._stock(-1)
        with (
            freeze_time(self.now + timedelta(hours=1)),
            self.enter_registry_test_mode(),
        ):
            self.env.ref("med_alerts.ir_cron_evaluate").method_direct_trigger()
        self.assertEqual(part.severity, "critical")
        self.assertEqual(part.head_id, self._of(self.empty_rule))
        self.assertFalse(self._asked(part))

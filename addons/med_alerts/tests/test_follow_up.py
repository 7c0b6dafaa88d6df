from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.addons.med_alerts.models.med_alert_call import ACTIVITY
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .kinds_case import KindsCase


class FollowUpCase(KindsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.chief = new_test_user(
            cls.env, "chief", groups="med_consumables.group_ward_manager"
        )
        cls.clinic = cls._department("Test clinic", "T-CLIN", manager_id=cls.chief.id)
        cls.icu.parent_id = cls.clinic
        cls.icu.user_ids |= cls.head_of_icu

    def _low(self, **values):
        """A rule whose warning is reached, and its alert."""
        self.rule = self._rule("reorder_point", 100, 0, unit="percent", **values)
        self.orderpoint = self._orderpoint(20)
        self._stock(10)
        return self._found(self.rule)

    def _job(self):
        with self.enter_registry_test_mode():
            self.env.ref("med_alerts.ir_cron_follow_up").method_direct_trigger()

    def _later(self, **delta):
        return freeze_time(self.now + timedelta(**delta))

    def _asked(self, alert):
        return alert.activity_search([ACTIVITY]).user_id


@tagged("post_install", "-at_install")
class TestEscalation(FollowUpCase):
    def setUp(self):
        super().setUp()
        with freeze_time(self.now):
            self.alert = self._low()
        self.level = self.alert.level_id
        self.level.escalation_ids = [
            (0, 0, {"after_hours": 2, "responsible": "above"}),
            (
                0,
                0,
                {
                    "after_hours": 6,
                    "until": "in_work",
                    "responsible": "user",
                    "user_id": self.head_of_store.id,
                },
            ),
        ]
        with freeze_time(self.now):
            self.alert._announce("opened")

    def test_before_its_time_nobody_is_called(self):
        with self._later(hours=1, minutes=59):
            self._job()
        self.assertFalse(self.alert.escalated_to_id)
        self.assertEqual(self.alert.escalate_at, self.now + timedelta(hours=2))

    def test_in_time_the_next_one_up_is_called_beside_the_first(self):
        with self._later(hours=2):
            self._job()
        self.assertEqual(self.alert.escalated_to_id, self.chief)
        self.assertEqual(self.alert.responsible_id, self.head_of_icu)
        self.assertEqual(self._asked(self.alert), self.chief | self.head_of_icu)
        self.assertEqual(self.alert.escalate_at, self.now + timedelta(hours=6))
        said = "".join(self.alert.message_ids.mapped("body"))
        self.assertIn("After 2 hours", said)

    def test_after_a_long_outage_all_steps_are_made_up_for(self):
        with self._later(days=3):
            self._job()
        self.assertEqual(self.alert.escalated_to_id, self.head_of_store)
        self.assertEqual(self.alert.escalation_step, 2)
        self.assertFalse(self.alert.escalate_at)

    def test_the_same_job_twice_calls_once(self):
        with self._later(hours=2):
            self._job()
            messages = len(self.alert.message_ids)
            self._job()
        self.assertEqual(len(self.alert.message_ids), messages)

    def test_a_clock_put_back_loses_nothing(self):
        with self._later(hours=-30):
            self._job()
        self.assertFalse(self.alert.escalated_to_id)
        with self._later(hours=2):
            self._job()
        self.assertEqual(self.alert.escalated_to_id, self.chief)

    def test_who_acknowledges_stops_the_steps_that_ask_for_it(self):
        self.alert.action_acknowledge()
        with self._later(hours=3):
            self._job()
        self.assertFalse(self.alert.escalated_to_id)
        with self._later(hours=6):
            self._job()
        self.assertEqual(self.alert.escalated_to_id, self.head_of_store)

    def test_who_is_at_work_is_left_alone(self):
        self.alert.action_in_work()
        with self._later(days=2):
            self._job()
        self.assertFalse(self.alert.escalated_to_id)

    def test_a_resolved_alert_goes_nowhere(self):
        self._stock(100)
        self._found(self.rule)
        with self._later(days=2):
            self._job()
        self.assertFalse(self.alert.escalated_to_id)
        self.assertFalse(self._asked(self.alert))


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


class TestAlreadyOrdered(FollowUpCase):
    def _order(self, quantity):
        """Goods on their way to intensive care."""
        move = self.env["stock.move"].create(
            {
                "product_id": self.gloves.id,
                "product_uom_qty": quantity,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.icu.stock_location_id.id,
            }
        )
        move._action_confirm()
        return move

    def test_what_is_ordered_calls_nobody(self):
        self._order(50)
        alert = self._low()
        self.assertEqual((alert.covered, alert.state), (True, "in_work"))
        self.assertFalse(self._asked(alert))

    def test_too_little_on_the_way_calls(self):
        self._order(10)
        alert = self._low()
        self.assertEqual((alert.covered, alert.state), (False, "open"))
        self.assertTrue(self._asked(alert))

    def test_a_cancelled_order_calls(self):
        move = self._order(50)
        alert = self._low()
        move._action_cancel()
        self._found(self.rule)
        self.assertEqual((alert.covered, alert.state), (False, "open"))
        self.assertTrue(self._asked(alert))

    def test_a_level_may_call_although_it_is_ordered(self):
        self._order(50)
        rule = self._rule("reorder_point", 100, unit="percent")
        rule.level_ids.despite_ordered = True
        self._orderpoint(20)
        self.assertEqual(self._found(rule).state, "open")

    def test_days_of_cover_count_what_comes_in_days(self):
        self._daily(2.0)
        self._orderpoint(1)
        self._stock(4)
        self._order(11)
        rule = self._rule("days_of_cover", 7)
        self.assertTrue(self._found(rule).covered, "2 + 5.5 days are more than 7")


class TestNextStep(FollowUpCase):
    def test_the_store_is_asked_for_what_it_has(self):
        self._stock(500, department=self.store)
        alert = self._low()
        self.assertIn("Test store", alert.next_step)
        self.assertIn("30", alert.next_step)
        alert.with_user(self.head_of_icu).action_next_step()
        requisition = self.env["med.requisition"].search(
            [("department_id", "=", self.icu.id)]
        )
        self.assertEqual(requisition.state, "asked")
        self.assertEqual(requisition.line_ids.asked_qty, 30)
        self.assertEqual(alert.state, "in_work")

    def test_another_department_gives_what_it_can_spare(self):
        self._stock(100, department=self.dialysis)
        self._orderpoint(85, department=self.dialysis)
        alert = self._low()
        self.assertIn("Test dialysis", alert.next_step)
        alert.with_user(self.head_of_store).action_next_step()
        proposal = self.env["med.transfer.proposal"].search(
            [("receiver_id", "=", self.icu.id)]
        )
        self.assertEqual((proposal.quantity, proposal.state), (15, "accepted"))
        self.assertEqual(alert.state, "in_work")

    def test_a_substitute_where_nobody_has_any(self):
        other = self._product("Other gloves")
        self.env["med.substitute"].create(
            {"product_id": self.gloves.id, "substitute_id": other.id}
        )
        self._stock(100, product=other, department=self.store)
        self.assertIn("Other gloves", self._low().next_step)

    def test_expired_pieces_go_into_quarantine(self):
        rule = self._rule("expired", 0)
        lot = self._lot(-1)
        self._stock(5, lot=lot)
        alert = self._found(rule)
        self.assertIn("quarantine", alert.next_step)
        alert.with_user(self.head_of_icu).action_next_step()
        self.assertFalse(self._found(rule))
        self.assertEqual(alert.state, "resolved")
        self.assertEqual(
            lot.quant_ids.filtered("quantity").location_id.med_quarantine, True
        )

    def test_many_at_once_say_what_could_not_be_done(self):
        self._stock(500, department=self.store)
        alerts = self._low()
        lonely = self._product("Nobody has it")
        self._orderpoint(5, product=lonely)
        alerts |= self._found(self.rule, lonely)
        action = alerts.action_next_step()
        self.assertIn("1 done", action["params"]["message"])
        self.assertIn("Nobody has it", action["params"]["message"])


class TestProjectionOfAnAlert(FollowUpCase):
    def test_the_chart_shows_the_days_ahead(self):
        self._daily(2.0)
        alert = self._low()
        chart = alert.projection
        self.assertEqual(chart["levels"][:6], [10, 8, 6, 4, 2, 0])
        self.assertEqual(chart["threshold"], 20)
        self.assertIn("nothing is left on", chart["text"])


class TestTrace(FollowUpCase):
    def _ask(self, user=None, department=None):
        trace = (
            self.env["med.alert.trace"]
            .with_user(user or self.head_of_store)
            .create(
                {
                    "product_id": self.gloves.id,
                    "department_id": (department or self.icu).id,
                }
            )
        )
        trace.action_trace()
        return {line.rule_name: line for line in trace.sudo().line_ids}

    def test_each_rule_says_what_it_measures(self):
        alert = self._low()
        line = self._ask()["reorder_point"]
        self.assertEqual(line.verdict, "1_alert")
        self.assertIn("Warning: 10.00 ≤ 20.00? yes", line.reason)
        self.assertIn("Critical: 10.00 ≤ 0.00? no", line.reason)
        self.assertEqual(line.alert_id, alert)

    def test_why_not(self):
        self._stock(50)
        self._orderpoint(20)
        self._rule("reorder_point", 100, unit="percent")
        self._rule("safety_stock", 100, unit="percent")
        self._rule("days_of_cover", 3, department_ids=self.dialysis.ids)
        self._rule("over_stock", 200, unit="percent", product_ids=[self._other().id])
        lines = self._ask()
        self.assertEqual(lines["reorder_point"].verdict, "2_fine")
        self.assertIn("50.00 ≤ 20.00? no", lines["reorder_point"].reason)
        self.assertIn("No safety stock", lines["safety_stock"].reason)
        self.assertIn("does not watch this", lines["days_of_cover"].reason)
        self.assertIn("not in the scope", lines["over_stock"].reason)

    def _other(self):
        return self._product("Other")

    def test_why_an_alert_calls_nobody(self):
        alert = self._low()
        alert._snooze(self.now + timedelta(days=3))
        self.assertIn("Snoozed until", self._ask()["reorder_point"].reason)
        alert._dismiss("Not used")
        self.assertIn("Not used", self._ask()["reorder_point"].reason)

    def test_a_nurse_asks_about_the_own_department_only(self):
        nurse = new_test_user(
            self.env, "nurse_t", groups="med_consumables.group_ward_user"
        )
        nurse.med_department_ids = self.icu
        self._low()
        self.assertEqual(self._ask(nurse)["reorder_point"].verdict, "1_alert")
        with self.assertRaisesRegex(AccessError, "not one of your departments"):
            self._ask(nurse, self.dialysis)


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

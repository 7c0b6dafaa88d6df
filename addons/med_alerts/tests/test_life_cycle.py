from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.addons.med_alerts.models.med_alert_activity import ACTIVITY
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import AlertsCase


class TestLifeCycle(AlertsCase):
    def test_a_lasting_condition_keeps_one_open_alert(self):
        orderpoint = self._orderpoint(20)
        self._evaluate()
        first = self._alert(orderpoint)
        self._evaluate()
        self.assertEqual(self._alert(orderpoint), first)
        self.assertEqual(len(self._history(orderpoint)), 1)

    def test_the_alert_closes_itself_when_stock_recovers(self):
        orderpoint = self._orderpoint(20)
        self._evaluate()
        alert = self._alert(orderpoint)
        self._stock(21)
        self._evaluate()
        self.assertEqual(alert.state, "resolved")
        self.assertTrue(alert.resolved_at)

    def test_a_condition_that_returns_soon_opens_the_same_alert_again(self):
        orderpoint = self._orderpoint(20)
        self._evaluate()
        alert = self._alert(orderpoint)
        self._stock(30)
        self._evaluate()
        self._stock(-10)
        self._evaluate()
        self.assertEqual(self._history(orderpoint), alert)
        self.assertEqual((alert.state, alert.reopen_count), ("open", 1))
        self.assertEqual((alert.severity, alert.measured), ("warning", 20))

    def test_a_condition_that_returns_later_opens_a_new_alert(self):
        orderpoint = self._orderpoint(20)
        self._evaluate()
        with freeze_time(fields.Datetime.now() - timedelta(hours=25)):
            self._stock(30)
            self._evaluate()
        self._stock(-10)
        self._evaluate()
        self.assertEqual(len(self._history(orderpoint)), 2)
        self.assertEqual(self._alert(orderpoint).state, "open")

    def test_the_level_changes_inside_the_alert(self):
        orderpoint = self._orderpoint(20)
        self._stock(10)
        self._evaluate()
        alert = self._alert(orderpoint)
        self._stock(-10)
        self._evaluate()
        self.assertEqual((alert.severity, alert.measured), ("critical", 0))
        self._stock(5)
        self._evaluate()
        self.assertEqual((alert.severity, alert.measured), ("warning", 5))
        self.assertEqual(self._alert(orderpoint), alert)

    def test_an_acknowledged_alert_that_gets_worse_is_open_again(self):
        orderpoint = self._orderpoint(20)
        self._stock(10)
        self._evaluate()
        alert = self._alert(orderpoint)
        alert.action_acknowledge()
        self._stock(-1)
        self._evaluate()
        self.assertEqual(alert.state, "acknowledged")
        self._stock(-9)
        self._evaluate()
        self.assertEqual(alert.state, "open")

    def test_the_manager_of_the_department_gets_one_activity(self):
        orderpoint = self._orderpoint(20)
        self._stock(10)
        self._evaluate()
        self._evaluate()
        alert = self._alert(orderpoint)
        activity = alert.activity_search([ACTIVITY])
        self.assertEqual(len(activity), 1)
        self.assertEqual(activity.user_id, self.head_of_icu)
        self.assertIn("Test gloves", activity.summary)
        self.assertEqual(
            activity.date_deadline, fields.Date.today() + timedelta(days=1)
        )

        self._stock(-10)
        self._evaluate()
        self.assertEqual(activity.date_deadline, fields.Date.today())

    def test_the_activity_is_done_when_the_alert_is_resolved(self):
        orderpoint = self._orderpoint(20)
        self._evaluate()
        alert = self._alert(orderpoint)
        self._stock(30)
        self._evaluate()
        self.assertFalse(alert.activity_search([ACTIVITY]))
        self.assertTrue(
            self.env["mail.activity"]
            .with_context(active_test=False)
            .search([("res_model", "=", "med.alert"), ("res_id", "=", alert.id)])
            .date_done
        )

    def test_without_a_manager_the_person_on_the_level_acts_else_the_store(self):
        orderpoint = self._orderpoint(20, department=self.dialysis)
        self._evaluate()
        self.assertEqual(self._alert(orderpoint).responsible_id, self.head_of_store)

        substitute = self.env.ref("base.user_admin")
        self.rule.level_ids.user_id = substitute
        other = self._orderpoint(
            5, department=self.dialysis, product=self._product("X")
        )
        self._evaluate()
        self.assertEqual(self._alert(other).responsible_id, substitute)

    def test_a_level_for_a_named_person_names_one(self):
        with self.assertRaisesRegex(ValidationError, "Name the person"):
            self.rule.level_ids.responsible = "user"

    def test_handing_over_moves_the_activity(self):
        orderpoint = self._orderpoint(20)
        self._evaluate()
        alert = self._alert(orderpoint)
        alert.with_user(self.head_of_icu).responsible_id = self.head_of_store
        self.assertEqual(
            alert.sudo().activity_search([ACTIVITY]).user_id, self.head_of_store
        )

    def test_check_again_closes_what_has_recovered(self):
        orderpoint = self._orderpoint(20)
        self._evaluate()
        alert = self._alert(orderpoint)
        self._stock(30)
        alert.action_resolve()
        self.assertEqual(alert.state, "resolved")

    def test_check_again_says_what_still_holds_and_closes_nothing(self):
        orderpoint = self._orderpoint(20)
        self._stock(3)
        self._evaluate()
        alert = self._alert(orderpoint)
        with self.assertRaisesRegex(UserError, "Test ICU has 3 .* of Test gloves"):
            alert.action_resolve()
        self.assertEqual(alert.state, "open")

    def test_an_archived_rule_or_reorder_rule_ends_its_alerts(self):
        first, second = (
            self._orderpoint(20),
            self._orderpoint(20, department=self.dialysis),
        )
        self._evaluate()
        alerts = self._alert(first) | self._alert(second)
        first.active = False
        self._evaluate()
        self.assertEqual(alerts.mapped("state"), ["resolved", "open"])
        self.rule.active = False
        with self.enter_registry_test_mode():
            self.env.ref("med_alerts.ir_cron_evaluate").method_direct_trigger()
        self.assertEqual(alerts.mapped("state"), ["resolved", "resolved"])

    def test_severity_and_state_are_tracked_in_the_chatter(self):
        orderpoint = self._orderpoint(20)
        self._stock(10)
        self._evaluate()
        alert = self._alert(orderpoint)
        self.env.cr.flush()
        self._stock(-10)
        self._evaluate()
        self.env.cr.flush()
        tracked = alert.message_ids.tracking_value_ids
        self.assertIn("severity", tracked.field_id.mapped("name"))

    def test_counts_on_product_department_and_reorder_rule_open_that_list(self):
        orderpoint = self._orderpoint(20)
        self._evaluate()
        alert = self._alert(orderpoint)
        for record in (
            self.gloves,
            self.gloves.product_tmpl_id,
            self.icu,
            orderpoint,
        ):
            self.assertEqual(record.med_alert_count, 1, record)
            action = record.action_view_med_alerts()
            self.assertEqual(self.env["med.alert"].search(action["domain"]), alert)


@tagged("post_install", "-at_install")
class TestMissedNight(AlertsCase):
    def test_the_nightly_run_opens_what_no_movement_announced(self):
        orderpoint = self._orderpoint(20)
        self.env["med.alert.touch"].search([]).unlink()
        with self.enter_registry_test_mode():
            self.env.ref("med_alerts.ir_cron_evaluate").method_direct_trigger()
        self.assertTrue(self._alert(orderpoint))

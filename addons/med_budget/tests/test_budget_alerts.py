from dateutil.relativedelta import relativedelta
from freezegun import freeze_time

from odoo.addons.med_alerts.tests.around_threshold import AroundThreshold
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import BudgetCase


@tagged("post_install", "-at_install")
class TestBudgetAlerts(AroundThreshold, BudgetCase):
    """Finance and the department are told before the money is gone."""

    ADDON = "med_budget"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.used = cls.env.ref("med_budget.alert_rule_budget_used")
        cls.ahead = cls.env.ref("med_budget.alert_rule_budget_ahead")

    def _alerts(self, rule=None):
        return self.env["med.alert"].search(
            [
                ("rule_id", "in", (rule or self.used).ids),
                ("subject_id", "=", self.line.id),
                ("state", "!=", "resolved"),
            ]
        )

    def _evaluate(self, rule=None):
        self.env["med.alert"]._evaluate(rule or self.used)
        return self._alerts(rule)

    def _work_off(self):
        """What was touched in this transaction is looked at."""
        self.env.cr.precommit.run()
        self.env["med.alert.touch"].search([])._work_off()

    def _make_budget_used(self):
        self._confirmed(100)
        return self.used, {"subject_id": self.line.id}

    def _make_budget_ahead(self):
        line = self._held_to_months("pass").line_ids
        self._confirmed(40)
        return self.ahead, {"subject_id": line.id}

    def test_each_level_calls_whom_it_names_and_one_alert_gets_worse(self):
        self._confirmed(360)  # 813.60 of 1,000
        alert = self._evaluate()
        self.assertEqual(alert.severity, "watch")
        self.assertEqual(alert.department_id, self.icu)
        self.assertEqual(alert.measured, 81.36)
        self._confirmed(80)  # 180.80 more
        self.assertEqual(self._evaluate(), alert)
        self.assertEqual(alert.severity, "warning")
        self.assertEqual(alert.responsible_id, self.owner)
        for words in ("99 %", "994.40", "1,000.00", "5.60"):
            self.assertIn(words, alert.with_user(self.owner).explanation)

    def test_an_order_raises_it_at_once_and_a_revision_ends_it(self):
        self._confirmed(400)
        self._work_off()
        alert = self._alerts()
        self.assertEqual(alert.severity, "watch")
        budget = self.budget.with_user(self.owner)
        draft = budget.browse(budget.action_revise()["res_id"])
        draft.line_ids.planned = 5_000.0
        draft.action_approve()
        self._work_off()
        self.assertEqual(alert.state, "resolved")

    def test_ahead_of_its_months_and_not_of_the_whole(self):
        self.line = self._held_to_months("pass", now=100.0).line_ids
        self._confirmed(40)  # 90.40 of 100 so far
        self.assertFalse(self._evaluate(self.ahead))
        self._confirmed(10)
        self.assertEqual(self._evaluate(self.ahead).severity, "watch")
        self._confirmed(10)
        alert = self._evaluate(self.ahead)
        self.assertEqual((alert.severity, alert.measured), ("warning", 135.6))
        self.assertIn("100.00", alert.explanation)
        self.assertFalse(self._evaluate(self.used))

    def test_in_the_last_month_used_up_says_it_alone(self):
        self.line = self._held_to_months("pass", now=100.0).line_ids
        self._confirmed(60)
        month = self.line.date_from + relativedelta(months=1)
        with freeze_time(month.replace(day=15)):
            self.assertFalse(self._evaluate(self.ahead))

    def test_the_next_step_shows_what_used_the_money(self):
        self._confirmed(400)
        alert = self._evaluate().with_user(self.owner)
        self.assertIn("ICU", alert.next_step)
        action = alert.action_next_step()
        entries = self.env[action["res_model"]].search(action["domain"])
        self.assertAlmostEqual(sum(entries.mapped("effect")), self.line.available)

    def test_who_sees_it(self):
        self._confirmed(400)
        alert = self._evaluate()
        self.assertTrue(alert.with_user(self.owner).read(["figures", "explanation"]))
        self.assertTrue(alert.with_user(self.auditor).read(["figures"]))
        self.assertTrue(alert.with_user(self.ward_manager).read(["figures"]))
        with self.assertRaises(AccessError):
            alert.with_user(self.employee).read(["figures"])
        stock = self.env["med.alert"].with_user(self.owner).search([])
        self.assertEqual(set(stock.mapped("kind")), {"budget_used"})

    def test_drafts_and_other_departments_are_not_watched(self):
        self._budget([(self.or_centre, None, 0.0)], approve=False)
        self.used.department_ids = self.theatre
        self._confirmed(400)
        self.assertFalse(self._evaluate())
        self.used.department_ids = self.icu
        self.assertTrue(self._evaluate())

    def test_why_there_is_none(self):
        trace = (
            self.env["med.alert.trace"]
            .with_user(self.auditor)
            .create({"about": "record", "record": f"med.budget.line,{self.line.id}"})
        )
        trace.action_trace()
        texts = trace.line_ids.mapped("reason")
        self.assertTrue(any("80" in text and "no" in text for text in texts), texts)

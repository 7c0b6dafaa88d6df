from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import AlertsCase


@tagged("post_install", "-at_install")
class TestQuality(AlertsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.auditor = new_test_user(
            cls.env, "quality_auditor", groups="med_consumables.group_auditor"
        )

    def _alert_of(self, department, **moments):
        """An alert opened ten hours ago, with moments given in hours after that."""
        opened = fields.Datetime.now() - timedelta(hours=10)
        level = self.rule.level_ids[:1]
        return self.env["med.alert"].create(
            {
                "rule_id": self.rule.id,
                "subject_key": f"quality of {department.code} {moments}",
                "level_id": level.id,
                "severity": level.severity,
                "company_id": self.env.company.id,
                "department_id": department.id,
                "product_id": self.gloves.id,
                "inputs": {},
                "opened_at": opened,
                **{
                    name: opened + timedelta(hours=hours)
                    for name, hours in moments.items()
                },
                "state": "resolved" if "resolved_at" in moments else "open",
            }
        )

    def _figures(self, person=None):
        quality = self.env["med.alert.quality"].with_user(person or self.auditor)
        self.env.flush_all()
        [figures] = quality._read_group(
            [("rule_id", "=", self.rule.id)],
            [],
            [
                "__count",
                "hours_to_act:avg",
                "hours_to_resolve:avg",
                "untouched:avg",
                "false_alarm:avg",
            ],
        )
        return figures

    def test_figures_are_averages_over_the_alerts_that_have_them(self):
        self._alert_of(self.icu, acknowledged_at=2, resolved_at=6)
        self._alert_of(self.icu, in_work_at=4, resolved_at=8)
        self._alert_of(self.icu, resolved_at=10)
        self._alert_of(self.icu)
        false = self._alert_of(self.icu, acknowledged_at=3, resolved_at=4)
        false.dismissed = True
        count, act, resolve, untouched, false_alarm = self._figures()
        self.assertEqual(count, 5)
        self.assertAlmostEqual(act, 3.0, 3)
        self.assertAlmostEqual(resolve, 7.0, 3)
        self.assertAlmostEqual(untouched, 0.2)
        self.assertAlmostEqual(false_alarm, 0.2)

    def test_the_list_behind_a_figure_has_as_many_rows(self):
        alerts = self._alert_of(self.icu) | self._alert_of(self.dialysis)
        self.env.flush_all()
        rows = self.env["med.alert.quality"].search([("rule_id", "=", self.rule.id)])
        self.assertEqual(rows.alert_id, alerts)
        self.assertEqual(len(rows), self._figures()[0])
        self.assertEqual(sum(rows.mapped("alert_count")), len(alerts))

    def test_what_a_worse_alert_told_made_no_noise(self):
        head = self._alert_of(self.icu)
        part = self._alert_of(self.icu, acknowledged_at=1)
        part.head_id = head
        self.assertEqual(self._figures()[0], 1)
        part.called_at = fields.Datetime.now()
        self.assertEqual(self._figures()[0], 2, "it had called before")

    def test_a_ward_sees_the_quality_of_its_own_alerts_only(self):
        self.head_of_icu.med_department_ids = self.icu
        self._alert_of(self.icu)
        self._alert_of(self.dialysis)
        self.assertEqual(self._figures(self.head_of_icu)[0], 1)
        self.assertEqual(self._figures(self.head_of_store)[0], 2)

    def test_a_stranger_sees_nothing(self):
        stranger = new_test_user(self.env, "stranger", groups="base.group_user")
        with self.assertRaises(AccessError):
            self._figures(stranger)

from datetime import timedelta

from freezegun import freeze_time

from odoo.tests import new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from .follow_up_case import FollowUpCase


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

    def test_a_step_says_when_and_who(self):
        step = self.env["med.alert.escalation"].new({"after_hours": 1.5})
        self.assertEqual(step.display_name, "1.5 h: Manager of the department above")
        step.update({"responsible": "user", "user_id": self.head_of_store.id})
        self.assertEqual(step.display_name, f"1.5 h: {self.head_of_store.name}")

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

    def test_whoever_is_called_higher_up_finds_it_among_their_own(self):
        outsider = new_test_user(
            self.env, "matron", groups="med_consumables.group_ward_user"
        )
        self.level.escalation_ids[0].write(
            {"responsible": "user", "user_id": outsider.id}
        )
        with self._later(hours=2):
            self._job()
        action = self.env.ref("med_alerts.med_alert_action_mine")
        mine = self.env["med.alert"].with_user(outsider)
        found = mine.search(safe_eval(action.domain, {"uid": outsider.id}))
        self.assertEqual(found, self.alert)
        found.action_acknowledge()
        self.assertEqual(self.alert.state, "acknowledged")

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

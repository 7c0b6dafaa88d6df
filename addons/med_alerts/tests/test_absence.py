from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from .delivery_case import DeliveryCase


@tagged("post_install", "-at_install")
class TestAbsence(DeliveryCase):
    def _absence(self, person, deputy, start=0, days=3, **values):
        today = fields.Date.today()
        return self.env["med.alert.absence"].create(
            {
                "user_id": person.id,
                "deputy_id": deputy.id,
                "date_from": today + timedelta(days=start),
                "date_to": today + timedelta(days=start + days),
                **values,
            }
        )

    def test_alerts_of_somebody_away_go_to_the_deputy(self):
        self._absence(self.head_of_icu, self.head_of_store)
        alert = self._open_alert()
        self.assertEqual(alert.responsible_id, self.head_of_store)
        self.assertEqual(alert.activity_ids.user_id, self.head_of_store)

    def test_open_alerts_are_handed_over_on_the_first_day(self):
        alert = self._open_alert()
        absence = self._absence(self.head_of_icu, self.head_of_store)
        self._hand_over()
        self.assertEqual(alert.responsible_id, self.head_of_store)
        self.assertEqual(absence.handed_to_id, self.head_of_store)
        self.assertEqual(absence.alert_ids, alert)

    def test_a_deputy_who_is_away_is_replaced_in_turn(self):
        third = new_test_user(
            self.env, "third", groups="med_consumables.group_ward_manager"
        )
        self._absence(self.head_of_icu, self.head_of_store)
        self._absence(self.head_of_store, third)
        self.assertEqual(self._open_alert().responsible_id, third)

    def test_two_who_stand_in_for_each_other_keep_their_alerts(self):
        self._absence(self.head_of_icu, self.head_of_store)
        self._absence(self.head_of_store, self.head_of_icu)
        self.assertEqual(self._open_alert().responsible_id, self.head_of_icu)

    def test_a_deputy_who_has_left_the_house_acts_for_nobody(self):
        leaver = new_test_user(
            self.env, "leaver", groups="med_consumables.group_ward_manager"
        )
        self._absence(self.head_of_icu, leaver)
        leaver.active = False
        self.assertEqual(self._open_alert().responsible_id, self.head_of_icu)

    def test_the_first_day_begins_at_midnight_in_the_hospital(self):
        self.env.company.partner_id.tz = "Asia/Shanghai"
        self.env.user.tz = False  # as that of the user who runs the jobs
        alert = self._open_alert()
        with freeze_time("2030-03-01 15:59:00"):
            absence = self._absence(self.head_of_icu, self.head_of_store, start=1)
            self.assertEqual(str(absence.date_from), "2030-03-02")
            self._hand_over()
            self.assertEqual(alert.responsible_id, self.head_of_icu)
        with freeze_time("2030-03-01 16:01:00"):
            self._hand_over()
            self.assertEqual(alert.responsible_id, self.head_of_store)

    def test_after_the_absence_new_alerts_come_to_the_person(self):
        absence = self._absence(self.head_of_icu, self.head_of_store)
        absence.date_to = absence.date_from
        with freeze_time(fields.Datetime.now() + timedelta(days=2)):
            self.assertEqual(self._open_alert().responsible_id, self.head_of_icu)

    def test_after_the_last_day_what_nobody_acknowledged_comes_back(self):
        handed, began = self._two_alerts()
        absence = self._absence(self.head_of_icu, self.head_of_store, days=0)
        self._hand_over()
        masks = self._orderpoint(20, product=self._product("Test masks"))
        self._evaluate()
        fresh = self._alert(masks)
        self.assertEqual(fresh.responsible_id, self.head_of_store)
        began.with_user(self.head_of_store).action_acknowledge()
        with freeze_time(fields.Datetime.now() + timedelta(days=1)):
            self._hand_over()
            self.assertEqual(absence.state, "over")
        self.assertEqual((handed | fresh).responsible_id, self.head_of_icu)
        self.assertEqual(handed.activity_ids.user_id, self.head_of_icu)
        self.assertEqual(began.responsible_id, self.head_of_store)

    def test_who_is_back_early_says_so(self):
        alert = self._open_alert()
        absence = self._absence(self.head_of_icu, self.head_of_store)
        self._hand_over()
        absence.with_user(self.head_of_icu).action_end()
        self.assertEqual(absence.state, "over")
        self.assertEqual(alert.responsible_id, self.head_of_icu)
        self._absence(self.head_of_icu, self.head_of_store)  # away once more

    def test_what_was_entered_by_mistake_is_taken_back_with_its_alerts(self):
        alert = self._open_alert()
        absence = self._absence(self.head_of_icu, self.head_of_store)
        self._hand_over()
        absence.with_user(self.head_of_icu).unlink()
        self.assertEqual(alert.responsible_id, self.head_of_icu)

    def test_another_deputy_takes_over(self):
        third = new_test_user(
            self.env, "third", groups="med_consumables.group_ward_manager"
        )
        alert = self._open_alert()
        absence = self._absence(self.head_of_icu, self.head_of_store)
        self._hand_over()
        absence.deputy_id = third
        self._hand_over()
        self.assertEqual(alert.responsible_id, third)
        self.assertEqual(absence.handed_to_id, third)

    def test_the_deputys_own_alerts_stay_where_they_are(self):
        other = self._orderpoint(20, department=self.dialysis)
        self.dialysis.manager_id = self.head_of_store
        self._evaluate()
        absence = self._absence(self.head_of_icu, self.head_of_store)
        self._hand_over()
        absence.with_user(self.head_of_icu).action_end()
        self.assertEqual(self._alert(other).responsible_id, self.head_of_store)

    def test_a_deputy_sees_what_was_handed_over(self):
        nurse = new_test_user(
            self.env, "deputy_nurse", groups="med_consumables.group_ward_user"
        )
        alert = self._open_alert()
        self._absence(self.head_of_icu, nurse)
        self._hand_over()
        mine = self.env["med.alert"].with_user(nurse)
        action = self.env.ref("med_alerts.med_alert_action_mine")
        domain = safe_eval(action.domain, {"uid": nurse.id})
        self.assertEqual(mine.search(domain), alert)
        alert.with_user(nurse).action_acknowledge()
        self.assertEqual(alert.state, "acknowledged")

    def test_who_may_see_no_alerts_is_no_deputy(self):
        employee = new_test_user(self.env, "clerk", groups="base.group_user")
        with self.assertRaisesRegex(ValidationError, "no role"):
            self._absence(self.head_of_icu, employee)

    def test_days_are_those_of_the_hospital_whoever_runs_the_job(self):
        self.env.company.partner_id.tz = "Asia/Shanghai"
        self.assertFalse(self.env.user.tz, "a job has no time zone")
        absence = self.env["med.alert.absence"].create(
            {
                "user_id": self.head_of_icu.id,
                "deputy_id": self.head_of_store.id,
                "date_from": "2026-03-03",
                "date_to": "2026-03-04",
            }
        )
        for moment, state, person in (
            ("2026-03-02 15:30", "to_come", self.head_of_icu),  # half past eleven
            ("2026-03-02 20:00", "now", self.head_of_store),  # four in the morning
            ("2026-03-04 15:30", "now", self.head_of_store),
            ("2026-03-04 20:00", "over", self.head_of_icu),
        ):
            with freeze_time(moment):
                absence.invalidate_recordset(["state"])
                self.assertEqual(absence.state, state, moment)
                shelf = self._orderpoint(20, product=self._product(moment))
                self._evaluate()
                self.assertEqual(self._alert(shelf).responsible_id, person, moment)

    def test_open_alerts_go_and_come_at_the_midnight_of_the_hospital(self):
        self.env.company.partner_id.tz = "Asia/Shanghai"
        alert = self._open_alert()
        self.env["med.alert.absence"].create(
            {
                "user_id": self.head_of_icu.id,
                "deputy_id": self.head_of_store.id,
                "date_from": "2026-03-03",
                "date_to": "2026-03-04",
            }
        )
        for moment, person in (
            ("2026-03-02 15:30", self.head_of_icu),
            ("2026-03-02 16:30", self.head_of_store),
            ("2026-03-04 15:30", self.head_of_store),
            ("2026-03-04 16:30", self.head_of_icu),
        ):
            with freeze_time(moment):
                self._hand_over()
            self.assertEqual(alert.responsible_id, person, moment)

    def _hand_over(self):
        self.env["med.alert.absence"]._cron_hand_over()

    def _two_alerts(self):
        first = self._orderpoint(20)
        second = self._orderpoint(20, product=self._product("Test gowns"))
        self._evaluate()
        return self._alert(first), self._alert(second)

    def test_absences_do_not_overlap(self):
        self._absence(self.head_of_icu, self.head_of_store)
        with self.assertRaises(ValidationError):
            self._absence(self.head_of_icu, self.head_of_store, start=2)

    def test_people_enter_their_own_absence_only(self):
        absences = self.env["med.alert.absence"].with_user(self.head_of_icu)
        today = fields.Date.today()
        values = {"date_from": today, "date_to": today}
        own = absences.create(
            {
                **values,
                "user_id": self.head_of_icu.id,
                "deputy_id": self.head_of_store.id,
            }
        )
        self.assertTrue(own)
        with self.assertRaises(AccessError):
            absences.create(
                {
                    **values,
                    "user_id": self.head_of_store.id,
                    "deputy_id": self.head_of_icu.id,
                }
            )

from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

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
        self.env["med.alert.absence"]._cron_hand_over()
        self.assertEqual(alert.responsible_id, self.head_of_store)
        self.assertTrue(absence.handed_over)

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

    def test_after_the_absence_alerts_come_back(self):
        absence = self._absence(self.head_of_icu, self.head_of_store)
        absence.date_to = absence.date_from
        with freeze_time(fields.Datetime.now() + timedelta(days=2)):
            self.assertEqual(self._open_alert().responsible_id, self.head_of_icu)

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

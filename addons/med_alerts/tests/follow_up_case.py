from datetime import timedelta

from freezegun import freeze_time

from odoo.addons.med_alerts.models.med_alert_activity import ACTIVITY
from odoo.tests import new_test_user

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

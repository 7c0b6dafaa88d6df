from odoo.tests import tagged

from ..models.med_alert_delivery import HANDFUL
from ..models.med_alert_delivery_http import WECOM_BYTES
from ..models.med_alert_delivery_text import LISTED
from .delivery_case import DeliveryCase


@tagged("post_install", "-at_install")
class TestFlood(DeliveryCase):
    """A bad night is one message to each receiver."""

    def _many_alerts(self, count):
        for number in range(count):
            item = self._product(f"Test item {number}")
            self._orderpoint(20, product=item)
            self._stock(10, product=item)
        self._evaluate()
        self._deliver()

    def test_many_at_once_are_one_text(self):
        self._channel("sms")
        self.head_of_icu.partner_id.phone = "13800138000"
        self._many_alerts(HANDFUL + 1)
        [body] = self._posted()
        self.assertIn(f"{HANDFUL + 1} alerts", body["text"])
        states = self.env["med.alert.delivery"].search([]).mapped("state")
        self.assertEqual(states, ["sent"] * (HANDFUL + 1))

    def test_a_handful_comes_one_by_one(self):
        self._channel("sms")
        self.head_of_icu.partner_id.phone = "13800138000"
        self._many_alerts(HANDFUL)
        self.assertEqual(len(self._posted()), HANDFUL)

    def test_a_group_is_not_flooded(self):
        self._channel("wecom")
        self._many_alerts(HANDFUL + 1)
        self.assertEqual(len(self._posted()), 1)

    def test_a_system_gets_each_of_them(self):
        self._channel("webhook")
        self._many_alerts(HANDFUL + 1)
        self.assertEqual(len(self._posted()), HANDFUL + 1)

    def test_a_very_long_list_says_how_many_more(self):
        self._channel("dingtalk")
        self._many_alerts(LISTED + 3)
        [body] = self._posted()
        self.assertIn("And 3 more.", body["text"]["content"])

    def test_what_a_group_robot_would_refuse_as_too_long_is_cut_between_alerts(self):
        self._channel("wecom")
        self._many_alerts(LISTED + 3)
        [body] = self._posted()
        content = body["text"]["content"]
        self.assertLessEqual(len(content.encode()), WECOM_BYTES)
        said = content.count("/odoo/med.alert/")
        self.assertGreater(said, 1)
        self.assertIn(f"And {LISTED + 3 - said} more.", content)

    def test_what_a_worse_alert_tells_is_not_sent_beside_it(self):
        self._channel("webhook")
        alert = self._open_alert()
        alert.head_id = alert.copy(
            {"subject_key": "the worse one", "delivery_ids": False}
        )
        self._deliver()
        self.assertEqual(alert.delivery_ids.mapped("state"), ["cancelled"])
        self.assertFalse(self.receiver.received)

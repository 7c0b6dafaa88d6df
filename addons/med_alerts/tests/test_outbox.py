from datetime import datetime, timedelta
from unittest.mock import patch

import requests

from odoo import fields
from odoo.tests import tagged

from .delivery_case import DeliveryCase


@tagged("post_install", "-at_install")
class TestOutbox(DeliveryCase):
    def test_without_a_channel_nothing_is_put_into_the_outbox(self):
        alert = self._open_alert()
        self.assertTrue(alert.activity_ids)
        self.assertFalse(alert.delivery_ids)

    def test_an_alert_is_sent_once_to_each_channel(self):
        self._channel("webhook")
        self._channel("wecom")
        alert = self._open_alert()
        self.assertEqual(alert.delivery_ids.mapped("state"), ["waiting"] * 2)
        self._deliver()
        self._deliver()
        self._evaluate()
        self._deliver()
        self.assertEqual(alert.delivery_ids.mapped("state"), ["sent"] * 2)
        self.assertEqual(len(self.receiver.received), 2)

    def test_an_alert_that_gets_worse_is_sent_again(self):
        self._channel("webhook")
        alert = self._open_alert()
        self._deliver()
        self._stock(-10)
        self._evaluate()
        self._deliver()
        severities = [body["alert"]["severity"] for body in self._posted()]
        self.assertEqual(severities, ["warning", "critical"])
        self.assertEqual(len(alert.delivery_ids), 2)

    def test_an_alert_that_ended_before_it_was_sent_is_not_sent(self):
        self._channel("webhook")
        alert = self._open_alert()
        self._stock(100)
        self._evaluate()
        self._deliver()
        self.assertEqual(alert.delivery_ids.state, "cancelled")
        self.assertFalse(self.receiver.received)

    def test_the_end_is_told_where_a_channel_wants_it(self):
        self._channel("webhook", tells_end=True)
        self._channel("wecom")
        self._open_alert()
        self._deliver()
        self._stock(100)
        self._evaluate()
        self._deliver()
        events = [body["event"] for body in self._posted() if "event" in body]
        self.assertEqual(events, ["call", "end"])
        self.assertEqual(len(self.receiver.received), 3)

    def test_a_receiver_in_trouble_is_tried_again_after_a_pause(self):
        channel = self._channel("webhook", max_attempts=3)
        delivery = self._open_alert().delivery_ids
        self.receiver.answers += [(503, {}), (200, {})]
        self._deliver()
        self.assertEqual((delivery.state, delivery.attempts), ("waiting", 1))
        self.assertIn("503", delivery.last_error)
        self.assertGreater(delivery.next_try, fields.Datetime.now())
        self._deliver()
        self.assertEqual(len(self.receiver.received), 1, "it waits for its turn")
        delivery.next_try = fields.Datetime.now()
        self._deliver()
        self.assertEqual((delivery.state, delivery.attempts), ("sent", 2))
        first, second = (headers for _p, headers, _b in self.receiver.received)
        self.assertEqual(first["X-Med-Delivery"], second["X-Med-Delivery"])
        self.assertEqual(channel.dead_count, 0)

    def test_after_its_attempts_a_message_waits_for_a_person(self):
        channel = self._channel("webhook", max_attempts=2)
        delivery = self._open_alert().delivery_ids
        self.receiver.answers += [(500, {}), (500, {})]
        for _attempt in range(2):
            delivery.next_try = fields.Datetime.now()
            self._deliver()
        self.assertEqual(delivery.state, "dead")
        self.assertEqual(channel.dead_count, 1)
        delivery.action_retry()
        self.assertEqual((delivery.state, delivery.attempts), ("waiting", 0))
        self._deliver()
        self.assertEqual(delivery.state, "sent")

    def test_what_is_told_anew_already_is_not_sent_again_beside_it(self):
        self._channel("webhook", max_attempts=1)
        delivery = self._open_alert().delivery_ids
        self.receiver.answers += [(500, {})]
        self._deliver()
        older = delivery.copy({"uuid": "older", "state": "dead"})
        (delivery | older).action_retry()
        self.assertEqual(
            sorted((delivery | older).mapped("state")), ["cancelled", "waiting"]
        )
        delivery.state = older.state = "dead"
        newer = delivery.copy({"uuid": "newer", "state": "waiting"})
        (delivery | older).action_retry()
        self.assertEqual(
            (delivery | older | newer).mapped("state"),
            ["cancelled", "cancelled", "waiting"],
        )

    def test_the_job_wakes_up_when_the_next_message_is_due(self):
        self._channel("webhook")
        delivery = self._open_alert().delivery_ids
        self.receiver.answers.append((503, {}))
        self._deliver()
        job = self.env.ref("med_alerts.ir_cron_deliver")
        self.assertTrue(
            self.env["ir.cron.trigger"].search(
                [("cron_id", "=", job.id), ("call_at", "=", delivery.next_try)]
            )
        )

    def test_nobody_is_led_elsewhere(self):
        self._channel("webhook")
        delivery = self._open_alert().delivery_ids
        elsewhere = ("Location", f"{self.receiver.url}/elsewhere")
        self.receiver.answers.append((302, {}, elsewhere))
        self._deliver()
        self.assertEqual(delivery.state, "dead")
        [(path, _headers, _body)] = self.receiver.received
        self.assertEqual(path, "/webhook")

    def test_a_channel_that_was_switched_off_sends_nothing_more(self):
        channel = self._channel("webhook")
        delivery = self._open_alert().delivery_ids
        channel.active = False
        self._deliver()
        self.assertEqual(delivery.state, "cancelled")
        self.assertFalse(self.receiver.received)

    def test_a_channel_of_another_company_hears_nothing(self):
        other = self.env["res.company"].create({"name": "Other hospital"})
        self._channel("webhook", company_id=other.id)
        self.assertFalse(self._open_alert().delivery_ids)

    def test_what_was_delivered_is_swept_and_what_was_not_stays(self):
        self._channel("webhook")
        old = self._open_alert().delivery_ids
        states = ("sent", "cancelled", "dead")
        rest = [old.copy({"uuid": state, "state": state}) for state in states]
        young = old.copy({"uuid": "young", "state": "sent"})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE med_alert_delivery SET create_date = %s WHERE id = ANY(%s)",
            [
                fields.Datetime.now() - timedelta(days=91),
                [old.id, *(each.id for each in rest)],
            ],
        )
        self.env.invalidate_all()
        self.assertEqual(self.outbox._gc_delivered(), (2, False))
        self.assertEqual(
            (*(each.exists() for each in rest), old.exists(), young.exists()),
            (self.outbox, self.outbox, rest[2], old, young),
        )

    def test_a_refusal_is_not_tried_again(self):
        self._channel("webhook")
        delivery = self._open_alert().delivery_ids
        self.receiver.answers.append((404, {}))
        self._deliver()
        self.assertEqual(delivery.state, "dead")

    def test_nobody_at_the_address_is_a_reason_without_the_secret(self):
        self._channel("wecom", url="http://127.0.0.1:9/robot?key=hush")
        delivery = self._open_alert().delivery_ids
        self._deliver()
        self.assertEqual(delivery.state, "waiting")
        self.assertIn("Nobody answers at 127.0.0.1:9.", delivery.last_error)
        self.assertNotIn("hush", delivery.last_error)

    def test_what_cannot_be_an_address_is_said_to_be_none(self):
        self._channel("wecom", url="http://")
        delivery = self._open_alert().delivery_ids
        self._deliver()
        self.assertIn("cannot be used", delivery.last_error)

    def test_a_digest_holds_what_waits_for_a_person(self):
        self._channel("sms", secret="token")
        self.head_of_icu.partner_id.phone = "13800138000"
        self.head_of_icu.write(
            {
                "med_alert_digest": "daily",
                "med_alert_digest_hour": 8,
                "tz": "Asia/Shanghai",
            }
        )
        first = self._orderpoint(20)
        second = self._orderpoint(20, product=self._product("Test gowns"))
        self._stock(10)
        self._stock(10, product=second.product_id)
        self._evaluate()
        deliveries = (self._alert(first) | self._alert(second)).delivery_ids
        self.assertEqual(len(deliveries), 2)
        self.assertTrue(all(deliveries.mapped("in_digest")))
        self._deliver()
        self.assertFalse(self.receiver.received)
        deliveries.next_try = fields.Datetime.now()
        self._deliver()
        self.assertEqual(deliveries.mapped("state"), ["sent"] * 2)
        [body] = self._posted()
        self.assertIn("Test gowns", body["text"])
        self.assertIn("Test gloves", body["text"])

    def test_what_is_critical_does_not_wait_for_the_digest(self):
        self._channel("sms")
        self.head_of_icu.partner_id.phone = "13800138000"
        self.head_of_icu.med_alert_digest = "daily"
        alert = self._open_alert(stock=0)
        self.assertEqual(alert.severity, "critical")
        self._deliver()
        self.assertEqual(alert.delivery_ids.state, "sent")

    def test_what_becomes_critical_does_not_wait_for_the_digest_either(self):
        self._channel("sms")
        self.head_of_icu.partner_id.phone = "13800138000"
        self.head_of_icu.med_alert_digest = "daily"
        alert = self._open_alert()
        self.assertTrue(alert.delivery_ids.in_digest)
        self._stock(-10)
        self._evaluate()
        self.assertEqual(alert.severity, "critical")
        self.assertFalse(alert.delivery_ids.in_digest)
        self._deliver()
        self.assertEqual(alert.delivery_ids.mapped("state"), ["sent"])
        [body] = self._posted()
        self.assertIn("Critical", body["text"])

    def test_what_becomes_critical_does_not_wait_for_the_end_of_a_pause(self):
        self._channel("webhook")
        alert = self._open_alert()
        self.receiver.answers.append((503, {}))
        self._deliver()
        alert.delivery_ids.next_try += timedelta(hours=6)
        self._stock(-10)
        self._evaluate()
        self._deliver()
        self.assertEqual(alert.delivery_ids.mapped("state"), ["sent"])

    def test_a_milder_message_moves_nothing(self):
        self._channel("sms")
        self.head_of_icu.med_alert_digest = "daily"
        delivery = self._open_alert().delivery_ids
        moment = delivery.next_try
        delivery._queue(delivery.alert_id)
        self.assertEqual((delivery.next_try, delivery.in_digest), (moment, True))

    def test_where_nobody_answers_the_others_of_the_channel_wait_with_the_first(self):
        silent = self._channel("webhook", url="https://dead.invalid/hook")
        self._channel("inbox")
        for number in range(3):
            self._orderpoint(20, product=self._product(f"Test item {number}"))
        self._evaluate()
        rows = self.outbox.search([("channel_id", "=", silent.id)])
        house = self.outbox.search([("kind", "=", "inbox")])
        tried = []

        def hang(*args, **kwargs):
            tried.append(house.mapped("state"))
            raise requests.Timeout

        with patch.object(requests, "post", hang):
            self._deliver()
        self.assertEqual(tried, [["sent"] * 3], "one try, after what is in the house")
        self.assertEqual(sorted(rows.mapped("attempts")), [0, 0, 1])
        self.assertEqual(set(rows.mapped("state")), {"waiting"})
        self.assertGreater(min(rows.mapped("next_try")), fields.Datetime.now())
        for row in rows:
            self.assertIn("dead.invalid did not answer", row.last_error)

    def test_the_digest_leaves_at_the_persons_own_hour(self):
        self.head_of_icu.write(
            {
                "med_alert_digest": "daily",
                "med_alert_digest_hour": 8,
                "tz": "Asia/Shanghai",
            }
        )
        before = datetime(2026, 3, 2, 23, 30)  # 07:30 on the third in Shanghai
        self.assertEqual(
            self.head_of_icu._med_next_digest(before), datetime(2026, 3, 3, 0, 0)
        )
        self.assertEqual(
            self.head_of_icu._med_next_digest(before + timedelta(minutes=30)),
            datetime(2026, 3, 4, 0, 0),
        )

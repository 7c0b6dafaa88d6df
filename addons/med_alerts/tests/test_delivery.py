import hashlib
import hmac
import json
from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.addons.base.models.ir_mail_server import IrMail_Server
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import AlertsCase
from .local_servers import HttpReceiver, SmtpReceiver


class DeliveryCase(AlertsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.receiver = HttpReceiver()
        cls.addClassCleanup(cls.receiver.stop)
        cls.outbox = cls.env["med.alert.delivery"]
        cls.env.company.country_id = cls.env.ref("base.cn")

    def setUp(self):
        super().setUp()
        self.receiver.received.clear()
        self.receiver.answers.clear()
        self.rule.level_ids.channel_ids = False

    def _channel(self, kind, **values):
        if kind in ("sms", "wecom", "dingtalk", "webhook"):
            values.setdefault("url", f"{self.receiver.url}/{kind}")
        if kind == "webhook":
            values.setdefault("secret", "shared with the receiver")
        channel = self.env["med.alert.channel"].create(
            {"name": kind, "kind": kind, **values}
        )
        self.rule.level_ids.channel_ids |= channel
        return channel

    def _open_alert(self, minimum=20, stock=10):
        orderpoint = self._orderpoint(minimum)
        if stock:
            self._stock(stock)
        self._evaluate()
        return self._alert(orderpoint)

    def _deliver(self):
        with self.enter_registry_test_mode():
            self.env.ref("med_alerts.ir_cron_deliver").method_direct_trigger()

    def _posted(self):
        return [json.loads(body) for _path, _headers, body in self.receiver.received]


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
        self._deliver()
        self.assertEqual(delivery.state, "sent")

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
        self.assertTrue(delivery.last_error)
        self.assertNotIn("hush", delivery.last_error)

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


@tagged("post_install", "-at_install")
class TestChannels(DeliveryCase):
    def test_a_webhook_holds_the_figures_and_a_valid_signature(self):
        self._channel("webhook", secret="s3cret")
        alert = self._open_alert()
        self._deliver()
        [(_path, headers, body)] = self.receiver.received
        moment, signed = headers["X-Med-Signature"].split(",")
        content = moment.removeprefix("t=").encode() + b"." + body
        expected = hmac.new(b"s3cret", content, hashlib.sha256).hexdigest()
        self.assertEqual(signed, f"v1={expected}")
        told = json.loads(body)["alert"]
        self.assertEqual(told["id"], alert.id)
        self.assertEqual((told["measured"], told["threshold"]), (10.0, 20.0))
        self.assertEqual(told["department"], "Test ICU")

    def test_a_text_goes_to_the_normalised_number(self):
        self._channel("sms", secret="token")
        self.head_of_icu.partner_id.phone = "138 0013 8000"
        delivery = self._open_alert().delivery_ids
        self._deliver()
        [(_path, headers, body)] = self.receiver.received
        self.assertEqual(json.loads(body)["to"], "+8613800138000")
        self.assertEqual(headers["Authorization"], "Bearer token")
        self.assertEqual(delivery.address, "+8613800138000")

    def test_a_wrong_number_is_reported_with_the_person(self):
        self._channel("sms")
        self.head_of_icu.partner_id.phone = "010-12345678"
        delivery = self._open_alert().delivery_ids
        self._deliver()
        self.assertEqual(delivery.state, "dead")
        self.assertIn(self.head_of_icu.name, delivery.last_error)
        self.assertIn("not a mobile", delivery.last_error)
        self.assertFalse(self.receiver.received)

    def test_dingtalk_gets_a_signed_address_and_text(self):
        self._channel("dingtalk", secret="SEC123")
        self._open_alert()
        self._deliver()
        [(path, _headers, body)] = self.receiver.received
        self.assertIn("timestamp=", path)
        self.assertIn("sign=", path)
        self.assertEqual(json.loads(body)["msgtype"], "text")

    def test_a_robot_that_says_no_has_not_taken_the_message(self):
        self._channel("wecom")
        delivery = self._open_alert().delivery_ids
        self.receiver.answers.append((200, {"errcode": 93000, "errmsg": "invalid"}))
        self._deliver()
        self.assertEqual(delivery.state, "dead")
        self.assertIn("93000", delivery.last_error)

    def test_a_person_gets_the_message_in_their_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"]._load_module_terms(["med_alerts"], ["zh_CN"])
        self.head_of_icu.lang = "zh_CN"
        self.head_of_icu.partner_id.phone = "13800138000"
        self._channel("sms")
        self._open_alert()
        self._deliver()
        [body] = self._posted()
        self.assertIn("可用", body["text"])

    def test_a_pop_up_names_the_alert_to_open(self):
        self._channel("popup")
        alert = self._open_alert()
        sent = []
        with patch.object(
            type(self.env["res.users"]),
            "_bus_send",
            lambda user, *args: sent.append(args),
        ):
            self._deliver()
        [(kind, content)] = [args for args in sent if args[0] == "med_alerts/alert"]
        self.assertEqual(content["alert_ids"], alert.ids)
        self.assertEqual(alert.delivery_ids.state, "sent")

    def test_the_inbox_holds_a_message_on_the_alert(self):
        self.head_of_icu.notification_type = "inbox"
        self._channel("inbox")
        alert = self._open_alert()
        self._deliver()
        notified = self.env["mail.notification"].search(
            [("res_partner_id", "=", self.head_of_icu.partner_id.id)]
        )
        self.assertIn(alert.id, notified.mail_message_id.mapped("res_id"))

    def test_a_mail_reaches_a_real_server_under_the_deliverys_id(self):
        server = SmtpReceiver()
        self.addCleanup(server.stop)
        self._mail_server(server)
        self.head_of_icu.email = "head@example.com"
        self._channel("email")
        delivery = self._open_alert().delivery_ids
        with patch.object(IrMail_Server, "_disable_send", lambda self: False):
            self._deliver()
        self.assertEqual(delivery.state, "sent", delivery.last_error)
        [mail] = server.received
        self.assertIn(delivery.uuid.encode(), mail)
        self.assertIn(b"head@example.com", mail)

    def test_a_mail_that_is_refused_stays_and_says_why(self):
        server = SmtpReceiver()
        server.refuse()
        self.addCleanup(server.stop)
        self._mail_server(server)
        self.head_of_icu.email = "head@example.com"
        self._channel("email")
        delivery = self._open_alert().delivery_ids
        with patch.object(IrMail_Server, "_disable_send", lambda self: False):
            self._deliver()
        self.assertEqual(delivery.state, "waiting")
        self.assertTrue(delivery.last_error)

    def test_somebody_without_an_address_is_reported(self):
        self.head_of_icu.partner_id.email = False
        self._channel("email")
        delivery = self._open_alert().delivery_ids
        self._deliver()
        self.assertEqual(delivery.state, "dead")
        self.assertIn(self.head_of_icu.name, delivery.last_error)

    def _mail_server(self, server):
        self.env["ir.mail_server"].search([]).active = False
        self.env["ir.mail_server"].create(
            {
                "name": "local",
                "smtp_host": "127.0.0.1",
                "smtp_port": server.port,
                "smtp_encryption": "none",
                "smtp_authentication": "login",
            }
        )

    def test_a_channel_without_address_or_secret_is_refused(self):
        for values in ({"url": False}, {"url": "ftp://x"}, {"secret": False}):
            with self.assertRaises(ValidationError):
                self._channel("webhook", **values)

    def test_the_test_button_says_what_became_of_it(self):
        channel = self._channel("webhook")
        channel.action_test()
        [body] = self._posted()
        self.assertEqual(body["event"], "test")
        self.receiver.answers.append((500, {}))
        with self.assertRaisesRegex(UserError, "500"):
            channel.action_test()


@tagged("post_install", "-at_install")
class TestDeliveryRights(DeliveryCase):
    def test_a_person_sees_their_own_messages_and_sends_none(self):
        self._channel("popup")
        delivery = self._open_alert().delivery_ids
        own = delivery.with_user(self.head_of_icu)
        self.assertTrue(own.subject)
        with self.assertRaises(AccessError):
            own.action_retry()
        with self.assertRaises(AccessError):
            own.write({"state": "sent"})
        other = new_test_user(
            self.env, "other_ward", groups="med_consumables.group_ward_user"
        )
        self.assertFalse(self.outbox.with_user(other).search([]))

    def test_a_storekeeper_cannot_read_the_secret_of_a_channel(self):
        channel = self._channel("webhook").with_user(self.head_of_store)
        self.assertEqual(channel.name, "webhook")
        with self.assertRaises(AccessError):
            channel.read(["secret"])
        with self.assertRaises(AccessError):
            channel.action_test()


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

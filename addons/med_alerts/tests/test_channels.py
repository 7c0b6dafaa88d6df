import hashlib
import hmac
import json
from unittest.mock import patch

from odoo.addons.base.models.ir_mail_server import IrMail_Server
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .delivery_case import DeliveryCase
from .local_servers import SmtpReceiver


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

    def test_a_moment_is_told_by_the_clock_of_the_receiver(self):
        self.env.ref("base.user_root").tz = False
        self.env.company.partner_id.tz = "Asia/Shanghai"
        vaccine = self._product("Test vaccine", med_storage="cold")
        self.icu.stock_location_id.med_refrigerated = False
        self.env["stock.location"].create(
            {
                "name": "Fridge",
                "location_id": self.store.stock_location_id.id,
                "med_refrigerated": True,
            }
        )
        self._stock(5, product=vaccine)
        pile = self.env["stock.quant"].search([("product_id", "=", vaccine.id)])
        pile.in_date = "2026-01-05 20:15:00"
        self.rule = self.env.ref("med_alerts.alert_rule_cold_chain")
        self.rule.level_ids.channel_ids = False
        self._channel("webhook")
        self._channel("email")
        self._evaluate()
        alert = self.env["med.alert"].search([("product_id", "=", vaccine.id)])
        person = alert.delivery_ids.filtered("user_id")
        group = alert.delivery_ids - person
        self.assertIn("1/6/26, 4:15", group._spoken()._body())
        person.user_id.tz = "Europe/Paris"
        self.assertIn("1/5/26, 9:15", person._spoken()._body())

    def test_a_refusal_is_told_in_the_language_of_the_receiver(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"]._load_module_terms(["med_alerts"], ["zh_CN"])
        self._channel("wecom", lang="zh_CN")
        delivery = self._open_alert().delivery_ids
        self.receiver.answers.append((200, {"strange": 1}))
        self._deliver()
        self.assertRegex(delivery.last_error, "暂时.*errcode")
        self.assertNotRegex(delivery.last_error, "message|answer")

    def test_a_page_for_browsers_is_no_reason(self):
        self._channel("sms")
        self.head_of_icu.partner_id.phone = "13800138000"
        delivery = self._open_alert().delivery_ids
        self.receiver.answers.append((404, "<html>"))
        self._deliver()
        self.assertIn("HTTP 404", delivery.last_error)
        self.assertEqual(delivery.state, "dead")

    def test_what_is_counted_in_days_is_told_in_days(self):
        self._channel("webhook")
        alert = self._open_alert()
        self._deliver()
        [body] = self._posted()
        self.assertEqual(body["alert"]["unit"], alert.uom_id.name)
        expiry = self.env.ref("med_alerts.alert_rule_expiry")
        alert.rule_id = expiry
        self.assertEqual(
            json.loads(alert.delivery_ids._payload())["alert"]["unit"], "days"
        )

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
        self.assertIn(alert.figures, content["message"])
        self.assertLess(len(content["message"]), 120)
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

    def test_a_mail_says_what_to_do_and_leads_there(self):
        self._channel("email")
        self._stock(500, department=self.store)
        alert = self._open_alert(stock=0)
        alert.product_id.name = "Gloves <b>"
        page = alert.delivery_ids._mail()
        self.assertIn("Gloves &lt;b&gt;", page)
        self.assertIn(f"Proposed: <strong>{alert.next_step}", page)
        self.assertIn(f'/odoo/med.alert/{alert.id}"', page)
        self.assertIn("Critical", page)
        self.assertNotIn("All My Alerts", page)

    def test_a_digest_as_a_mail_lists_the_worst_first_and_the_way_to_all(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"]._load_module_terms(["med_alerts"], ["zh_CN"])
        self.head_of_icu.lang = "zh_CN"
        self._channel("email")
        mild = self._open_alert()
        bad = self._orderpoint(20, product=self._product("Test gowns"))
        self._evaluate()
        rows = (mild | self._alert(bad)).delivery_ids
        page = rows._spoken()._mail()
        self.assertIn("有 2 条预警", page)
        self.assertLess(page.index("Test gowns"), page.index("Test gloves"))
        self.assertIn("/odoo/my-med-alerts", page)
        self.assertNotRegex(page, "Proposed|Open the Alert|All My Alerts|Sent by")

    def test_a_mail_server_that_is_not_there_is_said_to_be_so(self):
        server = SmtpReceiver()
        self._mail_server(server)
        server.stop()
        self.head_of_icu.email = "head@example.com"
        self._channel("email")
        delivery = self._open_alert().delivery_ids
        with (
            patch.object(IrMail_Server, "_disable_send", lambda self: False),
            mute_logger("odoo.addons.mail.models.mail_mail"),
        ):
            self._deliver()
        self.assertEqual(delivery.state, "waiting")
        self.assertIn("cannot be reached", delivery.last_error)
        self.assertNotIn("\n", delivery.last_error)

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

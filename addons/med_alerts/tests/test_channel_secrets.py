import os
from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .delivery_case import DeliveryCase


@tagged("post_install", "-at_install")
class TestChannelSecrets(DeliveryCase):
    """What an administrator, or who has the database, tries to learn of a channel."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator = new_test_user(
            cls.env, "channels_admin", groups="med_consumables.group_administrator"
        )

    def _robot(self, **values):
        url = f"{self.receiver.url}/send?key=hush-key"
        return self._channel("dingtalk", url=url, secret="SEC-hush", **values)

    def test_no_secret_is_in_the_database_or_shown(self):
        channel = self._robot()
        mine = channel.with_user(self.administrator)
        shown = str(mine.read()) + str(mine.export_data(["url", "secret"]))
        self.assertNotIn("hush", shown)
        self.assertEqual(mine.url, f"{self.receiver.url}/send")
        self.assertTrue(mine.has_key and mine.has_secret)
        self.env.flush_all()
        self.env.cr.execute("SELECT t::text FROM med_alert_channel t")
        self.assertNotIn("hush", str(self.env.cr.fetchall()))

    def test_what_is_sealed_is_sent(self):
        self._robot()
        self._open_alert()
        self._deliver()
        [(path, _headers, _body)] = self.receiver.received
        self.assertIn("key=hush-key", path)
        self.assertIn("sign=", path)

    def test_a_secret_is_not_sent_to_an_address_of_somebody_s_own(self):
        for kind in ("dingtalk", "sms"):
            channel = self._channel(kind, url="https://robot/a?key=k", secret="hush")
            mine = channel.with_user(self.administrator)
            mine.url = "https://elsewhere/a"
            self.assertFalse(mine.has_secret or mine.has_key)
            self.assertEqual(channel._secret(), "")
            self.assertEqual(channel._whole_url(), "https://elsewhere/a")
        webhook = self._channel("webhook").with_user(self.administrator)
        with self.assertRaisesRegex(ValidationError, "needs a secret"):
            webhook.url = "https://elsewhere/a"
        webhook.write({"url": "https://elsewhere/a", "secret": "new"})
        self.assertEqual(webhook._secret(), "new")

    def test_what_was_left_as_it_was_is_kept(self):
        channel = self._robot().with_user(self.administrator)
        channel.write({"name": "Robot", "url": channel.url, "secret": ""})
        self.assertEqual(channel._secret(), "SEC-hush")
        self.assertIn("hush-key", channel._whole_url())
        channel.url = f"{self.receiver.url}/send?key=newer"
        self.assertEqual(channel._secret(), "SEC-hush")
        self.assertIn("newer", channel._whole_url())

    def test_a_copy_has_no_secrets_and_sends_nothing(self):
        copy = self._robot().with_user(self.administrator).copy()
        self.assertFalse(copy.active or copy.has_key or copy.has_secret)

    def test_a_secret_that_was_moved_past_the_record_does_not_open(self):
        channel = self._robot()
        delivery = self._open_alert().delivery_ids
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE med_alert_channel SET public_url = 'https://x' WHERE id = %s",
            [channel.id],
        )
        channel.invalidate_recordset()
        self._deliver()
        self.assertFalse(self.receiver.received)
        self.assertIn("Enter its address and secret again", delivery.last_error)

    def test_without_a_key_file_it_is_said_what_to_do(self):
        self._robot()
        delivery = self._open_alert().delivery_ids
        with patch.dict(os.environ, {"MED_KEY_FILE": ""}):
            with self.assertRaisesRegex(UserError, "MED_KEY_FILE"):
                self._channel("webhook")
            # An address without secrets needs none.
            self._channel("sms", url="https://gateway/send")
            self._deliver()
        self.assertEqual(delivery.state, "waiting")
        self.assertIn("MED_KEY_FILE", delivery.last_error)

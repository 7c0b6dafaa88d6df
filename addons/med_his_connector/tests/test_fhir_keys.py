from datetime import timedelta

from odoo import fields
from odoo.tools import mute_logger

from .door_case import DOOR
from .fhir_case import FhirCase


class TestFhirKeys(FhirCase):
    """Who may come, from where and how often."""

    @mute_logger(DOOR)
    def test_s2_a_key_opens_its_channel_until_it_ends(self):
        Key = self.env["med.his.key"]
        self.assertNotIn(self.key.rpartition("_")[2], str(Key.search([]).read()))
        new = Key._issue(self.door, "New", overlap_days=1)
        for key in (self.key, new):  # both hold while one replaces the other
            self.assertEqual(
                self._post(self._charge("1"), key=key).status_code // 100, 2
            )
        old = Key.search([("channel_id", "=", self.door.id)])[-1]
        old.expires_at = fields.Datetime.now() - timedelta(seconds=1)
        issue = self._issue(self._post(self._charge("1")), 401)
        self.assertEqual(issue["code"], "expired")
        Key.search([("name", "=", "New")]).action_revoke()
        trail = self.env["med.his.event"].search([("channel_id", "=", self.door.id)])
        self.assertIn("revoked", trail[0].detail)
        self._issue(self._post(self._charge("1"), key=new), 401)

    @mute_logger(DOOR)
    def test_s2_a_key_opens_no_other_door_and_no_other_network(self):
        other = self._channel("FEED", transport="feed")
        key = self.env["med.his.key"]._issue(other, "Other")
        self._issue(self._post(self._charge("1"), key=key), 403)
        self.door.allowed_networks = "10.0.0.0/8"
        self._issue(self._post(self._charge("1")), 403)
        entry = self.env["med.his.event"].search([("event", "=", "refuse")], limit=1)
        self.assertEqual((entry.channel_id, entry.failed), (self.door, True))

    @mute_logger(DOOR)
    def test_s2_who_comes_too_often_must_wait(self):
        self.door.requests_per_minute = 2
        answers = [self._post(self._charge("1")) for _ in range(6)]
        self.assertEqual(answers[0].status_code, 201)
        self.assertEqual(self._issue(answers[-1], 429)["code"], "throttled")
        self.assertEqual(answers[-1].headers["Retry-After"], "60")

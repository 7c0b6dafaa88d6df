import json
from datetime import timedelta

from odoo import fields
from odoo.tools import mute_logger

from .door_case import DOOR
from .fhir_case import BASE, FhirCase


class TestFhirKeys(FhirCase):
    """Who may come, from where and how often."""

    @mute_logger(DOOR)
    def test_s02_a_key_opens_its_channel_until_it_ends(self):
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
    def test_s02_a_key_opens_no_other_door_and_no_other_network(self):
        other = self._channel("FEED", transport="feed")
        key = self.env["med.his.key"]._issue(other, "Other")
        self._issue(self._post(self._charge("1"), key=key), 403)
        self.door.allowed_networks = "10.0.0.0/8"
        self._issue(self._post(self._charge("1")), 403)
        entry = self.env["med.his.event"].search([("event", "=", "refuse")], limit=1)
        self.assertEqual((entry.channel_id, entry.failed), (self.door, True))

    @mute_logger(DOOR)
    def test_s02_who_comes_too_often_must_wait(self):
        self.door.requests_per_minute = 2
        answers = [self._post(self._charge("1")) for _ in range(6)]
        self.assertEqual(answers[0].status_code, 201)
        self.assertEqual(self._issue(answers[-1], 429)["code"], "throttled")
        self.assertEqual(answers[-1].headers["Retry-After"], "60")

    def test_s11_what_another_hospital_sent_is_neither_read_nor_named(self):
        device = {"resourceType": "Device", "lotNumber": "LOT-8"}
        answer = self._post(device, Prefer="respond-async")
        where = answer.headers["Location"].partition(BASE)[2]
        status = answer.headers["Content-Location"].partition(BASE)[2]
        _door, key = self._another_door()
        for path in (where, status):
            self.assertIn(self._send(BASE + path, method="GET").status_code, (200, 202))
            issue = self._issue(self._send(BASE + path, method="GET", key=key), 404)
            self.assertEqual(issue["code"], "not-found")
        charge = self._charge("1", productReference={"reference": where.lstrip("/")})
        self.assertEqual(self._issue(self._post(charge, key=key), 422)["code"], "value")
        # Nor does a condition find what is not theirs.
        self._post(self._charge("2"))
        asked = {"If_None_Exist": "identifier=urn:his|2"}
        answer = self._post(self._charge("2"), key=key, **asked)
        self.assertEqual(answer.status_code, 201)

    @mute_logger(DOOR)
    def test_s03_hostile_bodies_are_refused_with_an_outcome(self):
        post = f"{BASE}/ChargeItem"
        deep = b'{"resourceType":"ChargeItem","code":' + b'{"a":' * 5000
        for name, body, status in (
            ("quotes", b'"' + b'\\"' * 200_000, 400),
            ("depth", deep, 413),
            ("half a character", b'{"resourceType":"\\ud800"}', 400),
            ("an endless number", b'{"a": 1' + b"0" * 5000 + b"}", 400),
            ("xml", b"<!DOCTYPE x><x/>", 400),
            ("zip", b"PK\x03\x04" + bytes(100), 400),
        ):
            with self.subTest(name):
                self._issue(self._send(post, body), status)
        for value in ("a\u0000b", "x" * 100_000):
            charge = self._charge("1")
            charge["identifier"][0]["value"] = value
            with self.subTest(value[:3]):
                self.assertIn(self._post(charge).status_code, (201, 400, 413, 422))
        huge = json.dumps(self._charge("9")).replace(
            '"value": 2}', '"value": 1e99999999}'
        )
        self._issue(self._send(post, huge.encode()), 422)
        self.assertFalse(self._messages(state="received").filtered("line_count"))

    @mute_logger(DOOR)
    def test_s02_who_tries_keys_must_wait_and_a_right_key_need_not(self):
        wrong = [
            self._post(self._charge("1"), key=f"mck_wrong{n}").status_code
            for n in range(32)
        ]
        self.assertEqual(wrong[:30], [401] * 30)
        self.assertIn(429, wrong[30:])
        self.assertEqual(self._post(self._charge("1")).status_code, 201)
        refused = self.env["med.his.event"].search([("event", "=", "refuse")])
        # A flood of refusals is no flood of entries.
        self.assertLessEqual(len(refused), 11)

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user

from .common import HisCase

MODELS = (
    "med.his.key",
    "med.his.column",
    "med.his.file",
    "med.his.resource",
    "med.his.outbound",
)


class TestDoorRights(HisCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.feed = cls._channel("FEED", transport="feed")
        cls.env["med.his.key"]._issue(cls.feed, "HIS")
        cls.key = cls.env["med.his.key"].search([("channel_id", "=", cls.feed.id)])

    def test_a_ward_user_sees_nothing_of_the_doors(self):
        nurse = new_test_user(
            self.env, "door_nurse", groups="med_consumables.group_ward_user"
        )
        for model in (*MODELS, "med.his.charge.visit", "med.his.assistant"):
            with self.subTest(model), self.assertRaises(AccessError):
                self.env[model].with_user(nurse).search([])

    def test_an_auditor_reads_the_doors_and_changes_nothing(self):
        auditor = new_test_user(
            self.env, "door_auditor", groups="med_consumables.group_auditor"
        )
        for model in MODELS:
            self.env[model].with_user(auditor).search([])
        mine = self.key.with_user(auditor)
        self.assertEqual(mine.state, "valid")
        for attempt in (
            mine.action_revoke,
            lambda: mine.write({"name": "Mine"}),
            lambda: mine._issue(self.feed.with_user(auditor), "Mine"),
            lambda: self.feed.with_user(auditor).action_look(),
        ):
            with self.assertRaises(AccessError):
                attempt()

    def test_an_operator_issues_and_revokes_and_never_sees_a_key_again(self):
        issue = (
            self.env["med.his.key.issue"]
            .with_user(self.operator)
            .create({"channel_id": self.feed.id, "name": "New", "replaces": True})
        )
        action = issue.action_issue()
        secret = action["context"]["his_new_key"]
        self.assertTrue(secret.startswith("mck_"))
        shown = issue.with_context(**action["context"])
        self.assertEqual(shown.secret, secret)
        self.assertFalse(issue.with_context(his_new_key="").secret)
        new = self.env["med.his.key"].search([("name", "=", "New")])
        self.assertTrue(self.key.expires_at < new.expires_at)
        with self.assertRaises(AccessError):
            new.with_user(self.operator).read(["secret_sha256"])
        new.with_user(self.operator).action_revoke()
        self.assertEqual(new.state, "revoked")

    def test_s02_no_key_is_prolonged_or_given_another_door_by_hand(self):
        other = self._channel("OTHER", transport="feed")
        mine = self.key.with_user(self.operator)
        mine.action_revoke()
        for change in (
            {"revoked_at": False},
            {"expires_at": "2099-01-01 00:00:00"},
            {"channel_id": other.id},
            {"public_name": "0123456789ab"},
            {"secret_sha256": "0" * 64},
        ):
            with self.subTest(change), self.assertRaises(AccessError):
                mine.write(change)
        mine.name = "Another holder"
        self.assertEqual(mine.state, "revoked")

    def test_an_operator_sees_only_the_doors_of_the_companies_in_use(self):
        other = self.env["res.company"].create({"name": "Other hospital"})
        self.env.user.company_ids = [Command.link(other.id)]
        foreign = self._channel("FOREIGN", transport="feed", company_id=other.id)
        self.env["med.his.key"]._issue(foreign, "Foreign")
        found = self.env["med.his.key"].with_user(self.operator).search([])
        self.assertIn(self.key, found)
        self.assertNotIn(foreign, found.channel_id)

    def test_only_doors_over_http_have_keys(self):
        with self.assertRaises(UserError):
            self.env["med.his.key"]._issue(self.channel, "HIS")

    def test_the_kind_of_a_channel_lasts_once_it_has_received(self):
        self.feed.transport = "fhir"
        self._receive(self._dft("FT1|1|T1||20260105||CG|T-GLOVE|||1"))
        with self.assertRaises(UserError):
            self.channel.transport = "feed"

    def test_an_outbound_channel_says_where_to_and_is_encrypted_by_default(self):
        out = {"transport": "out_mllp", "out_port": 2575}
        with self.assertRaises(ValidationError):
            self._channel("OUT", **out)
        made = self._channel("OUT", **out, out_host="his.example")
        self.assertTrue(made.out_tls)
        self.assertEqual(made.direction, "out")
        with self.assertRaises(ValidationError):
            made.out_authority = "no certificate"
        with self.assertRaises(ValidationError):
            self._channel("OUTF", transport="out_fhir", out_url="http://his/fhir")

    def test_channels_of_other_kinds_take_no_port(self):
        self.assertTrue(self._channel("A", transport="feed", port=self.channel.port))

import ssl

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user

from ..core.peer_name import is_pinned, names_of, read_pins
from ..core.tls import server_context
from ..gateway.journal import Entry, Journal
from .certificates import Authority
from .common import HisCase


class TestChannelSecurity(HisCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority = Authority()
        cls.certificate, cls.private = cls.authority.issue("gateway")

    def _secure(self, **values):
        self.channel.with_user(self.operator).write(
            {
                "tls_certificate": self.certificate,
                "tls_key": self.private,
                "tls_authority": self.authority.pem,
                "tls_client_names": "his.hospital, 10.1.2.3",
                **values,
            }
        )

    def test_s01_a_channel_speaks_tls_once_it_has_all_it_needs(self):
        self.assertIsNone(self.channel._tls())
        self._secure()
        tls = self.channel._tls()
        self.assertEqual(tls.pins, {"his.hospital", "10.1.2.3"})
        context = server_context(tls)
        self.assertEqual(context.verify_mode, ssl.CERT_REQUIRED)
        self.assertEqual(context.minimum_version, ssl.TLSVersion.TLSv1_2)
        self.assertTrue(self.channel.tls_expires_at)

    def test_a_new_channel_gets_a_port_that_no_other_has(self):
        first, second = (
            self.env["med.his.channel"].create({"name": code, "code": code})
            for code in ("P1", "P2")
        )
        self.assertNotEqual(first.port, second.port)
        self.assertGreaterEqual(min(first.port, second.port), 2575)

    def test_s01_without_names_nobody_is_let_in(self):
        self._secure(tls_client_names=" ")
        self.assertIsNone(self.channel._tls())

    def test_s01_what_cannot_work_is_said_at_once(self):
        _other, key = self.authority.issue("other")
        for wrong in (
            {"tls_key": key},
            {"tls_certificate": "-----BEGIN NOTHING-----"},
            {"tls_authority": "none"},
            {"tls_key": "not a key"},
        ):
            with self.subTest(wrong), self.assertRaises(ValidationError):
                self._secure(**wrong)

    def test_s01_what_is_no_certificate_is_refused_at_once(self):
        nonsense = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"
        for name in ("tls_certificate", "tls_authority"):
            with self.assertRaisesRegex(ValidationError, "no certificate as PEM"):
                self.channel.write({name: nonsense})

    def test_s01_the_private_key_is_sealed_and_never_shown(self):
        self._secure()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(self.channel.with_user(self.operator).tls_key)
        self.assertTrue(self.channel.with_user(self.operator).tls_has_key)
        with self.assertRaises(AccessError):
            self.channel.with_user(self.operator).read(["tls_key_sealed"])
        self.env.cr.execute(
            "SELECT tls_key_sealed FROM med_his_channel WHERE id = %s",
            [self.channel.id],
        )
        self.assertNotIn(b"PRIVATE", bytes(self.env.cr.fetchone()[0]))

    def test_s01_the_private_key_is_not_given_back_to_whoever_entered_it(self):
        saved = self.channel.with_user(self.operator).web_save(
            {"tls_certificate": self.certificate, "tls_key": self.private},
            {"tls_key": {}, "tls_has_key": {}},
        )
        self.assertEqual((saved[0]["tls_key"], saved[0]["tls_has_key"]), (False, True))

    def test_s01_a_certificate_that_has_ended_is_refused_at_once(self):
        old, key = self.authority.issue("gateway", ends=-1)
        with self.assertRaisesRegex(ValidationError, "ended on"):
            self._secure(tls_certificate=old, tls_key=key)
        with self.assertRaisesRegex(ValidationError, "ended on"):
            self._secure(tls_authority=old)

    def test_s01_a_name_with_spaces_lets_in_no_part_of_it(self):
        pins = read_pins("Ward HIS, other")
        self.assertEqual(pins, {"ward his", "other"})
        self.assertTrue(is_pinned(("Ward HIS",), pins))
        self.assertFalse(is_pinned(("HIS",), pins))

    def test_s01_names_are_compared_whole(self):
        pins = read_pins("his.hospital,\n10.1.2.3")
        self.assertTrue(is_pinned(("x", "HIS.hospital"), pins))
        self.assertFalse(is_pinned(("his.hospital.evil", "is.hospital"), pins))
        self.assertEqual(names_of(None), ())

    def test_s09_a_changed_channel_is_on_the_trail_without_its_key(self):
        self._secure()
        event = self.env["med.his.event"].search([("event", "=", "channel")], limit=1)
        self.assertEqual(event.user_id, self.operator)
        self.assertIn("tls_key", event.detail)
        self.assertNotIn("PRIVATE", event.detail)

    def test_s09_what_the_gateway_tells_is_written_down(self):
        state = {
            "since": 1_700_000_000.0,
            "channels": [{"code": "TEST", "listening": True, "connections": 2}],
        }
        journal = Journal()
        for _time in range(3):
            journal.add(Entry("refuse", self.channel.id, "10.9.9.9", "", "why", True))
        journal.add(Entry("start", None))
        self.env["med.his.event"]._log_of_gateway(journal.take(), state)
        refused = self.env["med.his.event"].search([("event", "=", "refuse")], limit=1)
        self.assertEqual(
            (refused.peer, refused.count, refused.failed, refused.company_id),
            ("10.9.9.9", 3, True, self.channel.company_id),
        )
        node = self.env["med.his.node"].search([("channel_code", "=", "TEST")])
        self.assertEqual((node.connections, node.listening), (2, True))
        self.env["med.his.event"]._log_of_gateway([], state)

    def test_s09_a_flood_of_refusals_does_not_fill_the_memory(self):
        journal = Journal()
        for number in range(5000):
            journal.add(Entry("refuse", 1, f"10.0.{number // 256}.{number % 256}"))
        *kept, (lost, count) = journal.take()
        self.assertEqual((len(kept), lost.event, count), (2000, "lost", 3000))
        self.assertEqual(journal.take(), [])

    def test_s11_nobody_makes_or_changes_what_the_interface_writes(self):
        nurse = new_test_user(
            self.env, "his_nurse_2", groups="med_consumables.group_ward_user"
        )
        for model in ("med.his.event", "med.his.node", "med.his.reply"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(nurse).search([])
            with self.assertRaises(AccessError):
                self.env[model].with_user(self.operator).create({})

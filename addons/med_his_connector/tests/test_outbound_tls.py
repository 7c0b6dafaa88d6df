from contextlib import suppress

from odoo.exceptions import ValidationError

from ..core.tls import Tls, server_context
from .certificates import Authority
from .outbound_case import OutboundCase, Receiver


class GuardedReceiver(Receiver):
    """A listener that speaks TLS and wants to know who connects."""

    def __init__(self, context):
        self._context = context
        super().__init__()

    def _converse(self, line):
        wrap = self._context.wrap_socket
        with suppress(OSError), wrap(line, server_side=True) as own:
            Receiver._converse(self, own)


class TestOutboundTls(OutboundCase):
    """We check the receiver, and show it our certificate where it asks for one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority = Authority()
        certificate, key = cls.authority.issue("his", ["127.0.0.1"])
        tls = Tls(certificate, key, cls.authority.pem, frozenset())
        cls.guarded = GuardedReceiver(server_context(tls))
        cls.addClassCleanup(cls.guarded.stop)
        cls.out.write(
            {
                "out_port": cls.guarded.port,
                "out_tls": True,
                "out_authority": cls.authority.pem,
            }
        )

    def setUp(self):
        super().setUp()
        self.guarded.messages.clear()

    def test_a_receiver_that_asks_for_our_certificate_gets_it(self):
        certificate, key = self.authority.issue("med.hospital")
        self.out.write({"tls_certificate": certificate, "tls_key": key})
        charge = self._scan()
        self._send()
        self.assertEqual(charge.state, "sent", charge.problem)
        self.assertEqual(len(self.guarded.messages), 1)

    def test_without_one_it_takes_nothing_and_nothing_is_lost(self):
        charge = self._scan()
        self._send()
        self.assertEqual(charge.state, "waiting")
        self.assertTrue(charge.problem)
        self.assertFalse(self.guarded.messages)

    def test_a_receiver_of_another_authority_is_told_nothing(self):
        self.out.out_authority = Authority("Another").pem
        charge = self._scan()
        self._send()
        self.assertEqual((charge.state, charge.attempts), ("waiting", 0))
        self.assertIn("certificate verify failed", charge.problem)

    def test_a_key_of_another_certificate_is_refused_at_once(self):
        certificate, _key = self.authority.issue("med.hospital")
        _certificate, other = self.authority.issue("med.hospital")
        with self.assertRaisesRegex(ValidationError, "KEY_VALUES_MISMATCH"):
            self.out.write({"tls_certificate": certificate, "tls_key": other})
            self.env.flush_all()

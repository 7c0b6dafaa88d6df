import socket
import ssl
import threading
from contextlib import closing, contextmanager, suppress
from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user

from ..core.framing import Decoder, Limits, wrap
from ..core.tls import Tls, server_context
from .certificates import Authority
from .common import HisCase
from .samples import ft1
from .test_accept import answer_of


class Receiver(threading.Thread):
    """A system that takes one frame after another and answers as it is told."""

    def __init__(self, answers=(), context=None):
        super().__init__(daemon=True)
        self.answers = list(answers)
        self.context = context
        self.got = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        # Whoever shows a wrong certificate is hung up on, and the next one is awaited.
        while True:
            try:
                connection, _address = self.listener.accept()
            except OSError:
                return
            with suppress(OSError), closing(connection):
                if self.context:
                    connection = self.context.wrap_socket(connection, server_side=True)
                self._converse(connection)

    def _converse(self, connection):
        decoder = Decoder(Limits())
        while chunk := connection.recv(65536):
            for event in decoder.feed(chunk):
                self.got.append(event.content)
                code = self.answers.pop(0) if self.answers else "CA"
                if code == "hang up":
                    return
                own = event.content.split(b"\r")[0].split(b"|")[9].decode()
                own = "another" if code == "foreign" else own
                answer = f"MSH|^~\\&|A|B|C|D|||ACK|X|P|2.5\rMSA|{code}|{own}\r"
                connection.sendall(wrap(answer.encode()))


class RepliesCase(HisCase):
    def setUp(self):
        super().setUp()
        self.receiver = self._receiver()

    def _receiver(self, answers=(), context=None):
        receiver = Receiver(answers, context)
        self.addCleanup(receiver.listener.close)
        self.channel.write(
            {
                "reply_host": "127.0.0.1",
                "reply_port": receiver.port,
                "plaintext": not context,
                "answer_seconds": 2,
                "max_attempts": 3,
            }
        )
        return receiver

    def _enhanced(self, item="T-GLOVE", accept="AL", application="AL", **options):
        return self._dft(ft1(item), tail=f"|||{accept}|{application}", **options)

    def _replies(self, count=1):
        self._process(*(self._enhanced(control_id=f"C{n}") for n in range(count)))
        return self.env["med.his.reply"].search([], order="id")

    def _send(self):
        return self.env["med.his.reply"]._send_all(self.channel, lambda: 1)

    def _run_job(self, now):
        with freeze_time(now), self.enter_registry_test_mode():
            self.env.ref("med_his_connector.ir_cron_reply").method_direct_trigger()
        self.env.invalidate_all()

    @contextmanager
    def _away(self):
        """The receiver is not there; its port is free."""
        with closing(socket.create_server(("127.0.0.1", 0))) as probe:
            self.channel.reply_port = probe.getsockname()[1]
        yield
        self.channel.reply_port = self.receiver.port


class TestReplies(RepliesCase):
    """Enhanced mode: CA now, and AA or AE on an exchange of its own."""

    def test_r04_without_an_address_of_theirs_the_sender_is_answered_at_once(self):
        self.channel.reply_host = False
        (answer,) = self._answers(self._enhanced(accept=""))
        self.assertEqual(answer_of(answer), ("AA", "C1"))

    def test_r04_ca_now_and_aa_on_its_own_exchange(self):
        (answer,) = self._answers(self._enhanced())
        self.assertEqual(answer_of(answer), ("CA", "C1"))
        self.assertFalse(self.env["med.his.reply"].search([]))
        self.env["med.his.message"].search([], limit=1)._process()
        reply = self.env["med.his.reply"].search([])
        self.assertEqual((reply.code, reply.state), ("AA", "waiting"))
        self._send()
        self.assertEqual(reply.state, "sent")
        (got,) = self.receiver.got
        self.assertEqual(answer_of(got), ("AA", "C1"))
        self.assertIn(b"|AL|NE", got.split(b"\r")[0])

    def test_r04_an_answer_to_something_else_is_no_answer(self):
        reply = self._replies()
        self.receiver.answers[:] = ["foreign"]
        self._send()
        self.assertEqual((reply.state, reply.attempts), ("waiting", 1))
        self.assertTrue(reply.next_try_at)

    def test_r04_only_what_was_asked_for_is_told(self):
        self._process(
            self._enhanced(application="NE", control_id="1"),
            self._enhanced(application="ER", control_id="2"),
            self._dft(ft1("T-GLOVE", "x", number="3"), tail="|||AL|ER", control_id="3"),
        )
        self.assertEqual(
            self.env["med.his.reply"]
            .search([])
            .mapped(lambda each: (each.message_id.control_id, each.code)),
            [("3", "AE")],
        )


class TestReplyReceiver(RepliesCase):
    """The receiver is away, refuses, falls over, or is somebody else."""

    def test_r04_a_receiver_that_is_down_for_days_costs_no_reply(self):
        replies, start = self._replies(3), fields.Datetime.now()
        with self._away():
            for hour in range(0, 48, 2):
                self._run_job(start + timedelta(hours=hour))
        self.assertEqual(set(replies.mapped("state")), {"waiting"})
        self.assertEqual(set(replies.mapped("attempts")), {0})
        self.assertIn("cannot be sent", self.channel.look_problem)
        self._run_job(start + timedelta(hours=49))
        self.assertEqual(set(replies.mapped("state")), {"sent"})
        self.assertFalse(self.channel.look_problem)
        self.assertEqual(len(self.receiver.got), 3)

    def test_r04_one_that_makes_the_receiver_hang_up_holds_up_no_other(self):
        bad, *others = self._replies(3)
        start = fields.Datetime.now()
        self.receiver.answers[:] = ["hang up", "CA", "CA", "hang up", "hang up"]
        self._run_job(start)
        self._run_job(start + timedelta(minutes=2))
        self.assertEqual({each.state for each in others}, {"sent"})
        self.assertEqual({each.attempts for each in others}, {1})
        self.assertEqual(bad.state, "waiting")

    def test_r04_a_channel_that_cannot_connect_stops_no_other(self):
        other = self._channel("B", reply_host="h", reply_port=1)
        other.write({"plaintext": True, "reply_host": "his..hospital"})
        for channel in (other, self.channel):
            self._process(self._enhanced(), channel=channel)
        bad, good = self.env["med.his.reply"].search([], order="id")
        self._run_job(fields.Datetime.now())
        self.assertEqual((bad.state, bad.attempts), ("waiting", 0))
        self.assertEqual(good.state, "sent")
        self.assertTrue(other.look_problem)

    def test_r04_what_is_refused_is_for_a_person_who_sends_it_again(self):
        self.receiver.answers[:] = ["CE"]
        reply = self._replies()
        self._send()
        self.assertEqual((reply.state, reply.error_text), ("failed", "CE"))
        auditor = new_test_user(
            self.env, "his_reply_auditor", groups="med_consumables.group_auditor"
        )
        with self.assertRaises(AccessError):
            reply.with_user(auditor).action_send_again()
        reply.with_user(self.operator).action_send_again()
        self._send()
        self.assertEqual(reply.state, "sent")

    def test_r21_replies_that_wait_or_failed_raise_alerts(self):
        reply = self._replies()
        for state, kind in (("waiting", "interface_lag"), ("failed", "dead_letters")):
            with self.subTest(state=state):
                reply.state = state
                rule = self.env["med.alert.rule"].search([("kind", "=", kind)])
                with freeze_time(fields.Datetime.now() + timedelta(hours=5)):
                    self.env["med.alert"]._evaluate(rule)
                alert = self.env["med.alert"].search(
                    [("rule_id", "=", rule.id), ("subject_id", "=", self.channel.id)]
                )
                self.assertEqual(alert.inputs["number"], 1)
                self.assertIn("replies", alert.explanation)

    def test_r04_s01_over_tls_only_to_a_pinned_name(self):
        authority = Authority()
        certificate, key = authority.issue("his")
        theirs = Tls(certificate, key, authority.pem, frozenset())
        certificate, key = authority.issue("store")
        self.channel.write(
            {
                "tls_certificate": certificate,
                "tls_key": key,
                "tls_authority": authority.pem,
                "tls_client_names": "his",
            }
        )
        self.receiver = self._receiver(context=server_context(theirs))
        reply = self._replies()
        self.channel.tls_client_names = "somebody else"
        self._send()
        self.assertEqual((reply.state, reply.attempts), ("waiting", 0))
        self.assertIn("nobody who may receive", reply.error_text)
        self.assertFalse(self.receiver.got)
        self.channel.tls_client_names = "his"
        self._send()
        self.assertEqual(reply.state, "sent")
        self.assertIsInstance(self.receiver.context, ssl.SSLContext)

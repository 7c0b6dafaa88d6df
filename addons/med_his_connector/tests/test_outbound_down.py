import socket
from contextlib import closing, contextmanager
from datetime import timedelta

from freezegun import freeze_time

from odoo import fields

from .outbound_case import OutboundCase


class TestOutboundDown(OutboundCase):
    """A receiver that is away for hours: all wait, nothing is buried, somebody is told.

    ``max_attempts`` is 3 here.
    """

    def _run_job(self, now):
        """The job as it runs every minute; how many connections it tried."""
        before = self.out.probe_at
        with freeze_time(now), self.enter_registry_test_mode():
            self.env.ref("med_his_connector.ir_cron_send").method_direct_trigger()
        self.env.invalidate_all()
        return self.out.probe_at != before

    def _alert(self, kind, now):
        rule = self.env["med.alert.rule"].search([("kind", "=", kind)])
        with freeze_time(now):
            self.env["med.alert"]._evaluate(rule)
        return self.env["med.alert"].search(
            [
                ("rule_id", "=", rule.id),
                ("subject_id", "=", self.out.id),
                ("state", "!=", "resolved"),
            ]
        )

    @contextmanager
    def _away(self):
        """The receiver is not there; its port is free."""
        with closing(socket.create_server(("127.0.0.1", 0))) as probe:
            self.out.out_port = probe.getsockname()[1]
        yield
        self.out.out_port = self.receiver.port

    def _scans(self, count=3):
        charges = self.env["med.his.outbound"]
        for number in range(count):
            charges += self._scan(f"s{number}", wristband=f"VISIT-{number}")
        return charges

    def test_a_line_that_is_down_for_hours_buries_nothing(self):
        charges, start = self._scans(), fields.Datetime.now()
        with self._away():
            tried = [
                self._run_job(start + timedelta(minutes=minute))
                for minute in range(0, 181, 2)
            ]
        self.assertTrue(all(tried))
        self.assertEqual(set(charges.mapped("state")), {"waiting"})
        self.assertEqual(set(charges.mapped("attempts")), {0})
        self._run_job(start + timedelta(minutes=182))
        self.assertEqual(set(charges.mapped("state")), {"sent"})
        self.assertFalse(self.out.down_since)

    def test_one_message_at_a_time_tries_the_line(self):
        charges, start = self._scans(), fields.Datetime.now()
        with self._away():
            self._run_job(start)
            self.assertEqual(len(charges.filtered("problem")), 1)
            self.assertFalse(self._run_job(start + timedelta(seconds=1)))
            self._run_job(start + timedelta(seconds=5))
        self.assertEqual(len(charges.filtered("problem")), 2)

    def test_whoever_makes_the_receiver_hang_up_is_found_out_and_holds_up_nobody(self):
        bad, *others = self._scans()
        start = fields.Datetime.now()
        self.receiver.answers[:] = ["hang up", "AA", "AA", "hang up", "hang up"]
        for minute in (0, 2):
            self._run_job(start + timedelta(minutes=minute))
        self.assertEqual({each.state for each in others}, {"sent"})
        self.assertEqual((bad.state, bad.attempts), ("waiting", 2))
        # Nobody else knocks: whether it or the line is to blame, nobody can tell.
        self._run_job(start + timedelta(minutes=4))
        self.assertEqual((bad.state, bad.attempts), ("waiting", 2))
        self.receiver.answers[:] = ["AA", "hang up"]
        self._scan("s9", wristband="VISIT-9")
        self._run_job(start + timedelta(minutes=6))
        self.assertEqual((bad.state, bad.attempts), ("dead", 3))

    def test_a_receiver_that_rejects_for_hours_uses_up_no_tries(self):
        charges, start = self._scans(), fields.Datetime.now()
        self.receiver.answers[:] = ["AR"] * 200
        for minute in range(0, 181, 2):
            self._run_job(start + timedelta(minutes=minute))
        self.assertEqual(set(charges.mapped("state")), {"waiting"})
        self.assertLessEqual(max(charges.mapped("attempts")), 1)
        self.assertTrue(self.out.down_since)
        self.assertIn("takes nothing now", self.out.look_problem)
        self.receiver.answers.clear()
        for minute in range(182, 190, 2):
            self._run_job(start + timedelta(minutes=minute))
        self.assertEqual(set(charges.mapped("state")), {"sent"})
        self.assertFalse(self.out.down_since)

    def test_one_message_that_is_rejected_alone_is_found_out(self):
        bad, *others = self._scans()
        start = fields.Datetime.now()
        self.receiver.answers[:] = ["AR", "AA", "AA"]
        for minute in (0, 2):
            self._run_job(start + timedelta(minutes=minute))
        self.assertEqual({each.state for each in others}, {"sent"})
        self.assertEqual((bad.state, bad.attempts), ("sent", 2))

    def test_what_waits_to_be_sent_and_a_silent_receiver_raise_alerts(self):
        self._scans()
        now = fields.Datetime.now() + timedelta(hours=3)
        with self._away():
            self._run_job(fields.Datetime.now())
            lag = self._alert("interface_lag", now)
            self.assertEqual(lag.severity, "critical")
            self.assertIn("wait to be sent", lag.explanation)
            silent = self._alert("interface_silent", now)
            self.assertEqual(silent.severity, "warning")
            self.assertIn("has not answered", silent.explanation)
        self._run_job(now)
        self.assertFalse(self._alert("interface_lag", now))
        self.assertFalse(self._alert("interface_silent", now))

    def test_what_was_not_delivered_raises_an_alert(self):
        self.receiver.answers[:] = ["AE"]
        self._scan()
        self._send()
        alert = self._alert("dead_letters", fields.Datetime.now())
        self.assertEqual((alert.severity, alert.measured), ("watch", 1.0))
        self.assertIn("Sent Messages", alert.explanation)

import base64
from datetime import timedelta

from odoo import fields
from odoo.addons.base.models import ir_cron
from odoo.exceptions import UserError

from ..core.audit_text import as_fhir, as_syslog
from .common import HisCase
from .samples import ft1


class TestPurge(HisCase):
    def _old(self, *contents):
        messages = self._process(*contents)
        then = fields.Datetime.now() - timedelta(days=31)
        messages.sudo().write({"received_at": then})
        return messages

    def _run_purge(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref("med_his_connector.ir_cron_purge").method_direct_trigger()
        self.env.invalidate_all()

    def test_s07_contents_go_after_thirty_days_and_the_rest_stays(self):
        raw = self._dft(ft1("T-GLOVE"))
        (message,) = self._old(raw)
        answer = message.sudo().answer
        self._run_purge()
        self.assertIsNone(message._content())
        self.assertTrue(message.purged_at)
        self.assertEqual((message.state, message.control_id), ("processed", "C1"))
        # R7: it is known for good.
        self.assertEqual(self._answers(raw), [base64.b64decode(answer)])
        self.assertEqual(len(self._lines()), 1)

    def test_s07_the_job_comes_back_until_all_contents_are_gone(self):
        messages = self._old(
            *(self._dft(ft1("T-GLOVE", number=n), control_id=n) for n in "123")
        )
        # The time of each go is over with its first batch, which is of one message.
        self.patch(ir_cron, "MIN_TIME_PER_JOB", 0)
        native = type(messages)._purge

        def purge_one(this, channel):
            return native(this, channel, limit=1)

        self.patch(type(messages), "_purge", purge_one)
        self._run_purge()
        self.assertTrue(all(message.purged_at for message in messages))

    def test_s07_a_young_content_stays(self):
        (message,) = self._process(self._dft(ft1("T-GLOVE")))
        self._run_purge()
        self.assertIsNotNone(message._content())

    def test_r19_what_is_open_is_never_purged(self):
        refund = self._dft(
            "ORC|CA|88002" + "|" * 18 + "^^^88001",
            "RXO|T-STENT^SN-9|1||",
            type="RAS^O17",
            control_id="R",
        )
        messages = self._old(
            self._dft(ft1("NEW", number="1"), control_id="1"),
            self._dft(ft1("NEW", number="2"), control_id="2"),
            self._dft(ft1("T-GLOVE", "x", number="3"), control_id="3"),
            self._dft(ft1("T-GLOVE", number="3")).replace(b"MSH|", b"MSX|"),
            refund,
        )
        self.assertEqual(
            set(messages.mapped("state")),
            {"exception", "received", "dead", "quarantined", "parked"},
        )
        self._run_purge()
        for message in messages:
            self.assertIsNotNone(message._content(), message.state)

    def test_r19_a_purge_goes_in_batches(self):
        messages = self._old(
            *(self._dft(ft1(number=str(n)), control_id=str(n)) for n in range(5))
        )
        messages.sudo().write({"state": "processed"})
        Message = self.env["med.his.message"]
        self.assertEqual(Message._purge(self.channel, limit=2), 2)
        self.assertEqual(Message._purge(self.channel, limit=9), 3)
        self.assertEqual(Message._purge(self.channel), 0)


class TestEvents(HisCase):
    def _events(self, kind):
        return self.env["med.his.event"].search([("event", "=", kind)])

    def test_s09_reading_retrying_mapping_and_purging_are_on_the_trail(self):
        (message,) = self._process(self._dft(ft1("NEW")))
        self.env["med.his.reading"].with_user(self.operator).create(
            {"message_id": message.id, "reason": "unknown item"}
        )
        message.with_user(self.operator).action_retry()
        self.env["med.his.code"].with_user(self.operator).create(
            {
                "channel_id": self.channel.id,
                "kind": "item",
                "code": "NEW",
                "product_id": self.gloves.id,
            }
        )
        for kind in ("read", "replay", "map"):
            event = self._events(kind)[:1]
            self.assertEqual(event.user_id, self.operator, kind)
            self.assertEqual(event.channel_id, self.channel, kind)
        self.assertEqual(self._events("read")[0].detail, "unknown item")

    def test_s09_the_trail_is_only_added_to(self):
        self.env["med.his.event"]._log("map", channel=self.channel)
        event = self._events("map")[0]
        with self.assertRaises(UserError):
            event.sudo().write({"detail": "nothing"})
        with self.assertRaises(UserError):
            event.sudo().unlink()

    def test_s09_the_trail_is_exported_and_that_is_on_the_trail(self):
        self.env["med.his.event"]._log("map", channel=self.channel, detail='= "x] \\ y')
        for form, sign in (
            ("syslog", "<110>1 "),
            ("fhir", '"resourceType": "AuditEvent"'),
            ("csv", "actor"),
        ):
            wizard = self.env["med.his.event.export"].create({"form": form})
            wizard.action_export()
            self.assertIn(sign, base64.b64decode(wizard.content).decode())
        self.assertEqual(len(self._events("export")), 3)

    def test_s09_texts_of_events_cannot_break_a_line_of_syslog(self):
        self.env["med.his.event"]._log(
            "map", channel=self.channel, detail="a\nb", peer='x"]\\'
        )
        (event,) = self._events("map")[:1]._audit_events()
        line = as_syslog(event)
        self.assertNotIn("\n", line)
        self.assertIn('peer="x\\"\\]\\\\"', line)
        self.assertEqual(as_fhir(event)["outcome"], "0")

    def test_s13_a_table_runs_no_formula(self):
        self.env["med.his.event"]._log("map", channel=self.channel, detail="=1+1")
        wizard = self.env["med.his.event.export"].create({"form": "csv"})
        wizard.action_export()
        self.assertIn(",'=1+1,", base64.b64decode(wizard.content).decode())

from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.addons.med_alerts.tests.around_threshold import AroundThreshold
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..wizard import med_his_trial as trial_module
from .common import HisCase
from .samples import ft1


@tagged("post_install", "-at_install")
class TestDesk(HisCase):
    """One row a cause: mend it, try it dry, leave it out."""

    def _cause(self, code):
        self.env.flush_all()
        self.env.invalidate_all()
        causes = self.env["med.his.cause"].with_user(self.operator)
        return causes.search([("cause_code", "=", code)])

    def _unknown(self, count=3, code="NOBODY-KNOWS"):
        return self._process(
            *(
                self._dft(
                    ft1(code, "2", number=f"{code}-{n}"),
                    control_id=f"{code}{n}",
                    visit="PV1||I|T-ICU^1^2" + "|" * 16 + f"VISIT-{n}",
                )
                for n in range(count)
            )
        )

    def test_messages_with_one_unknown_code_are_one_row(self):
        messages = self._unknown(3)
        cause = self._cause("NOBODY-KNOWS")
        self.assertEqual(len(cause), 1)
        self.assertEqual(cause.message_count, 3)
        self.assertEqual(cause.sample_id, messages[0])
        self.assertTrue(cause.can_map)
        domain = cause.action_view_messages()["domain"]
        self.assertEqual(self.env["med.his.message"].search(domain), messages[::-1])

    def test_what_waits_behind_a_cause_is_counted(self):
        self._process(
            self._dft(ft1("NOBODY-KNOWS", "2", number="1"), control_id="1"),
            self._dft(ft1("NOBODY-KNOWS", "2", number="2"), control_id="2"),
        )
        cause = self._cause("NOBODY-KNOWS")
        self.assertEqual((cause.message_count, cause.held_count), (1, 1))

    def test_r17_a_dry_run_says_what_would_happen_and_changes_nothing(self):
        messages = self._unknown(2)
        stored = messages.sudo().mapped("raw")
        self.assertTrue(all(stored))
        self.gloves.med_charge_code = "NOBODY-KNOWS"
        self.env.flush_all()
        with self.enter_registry_test_mode():
            action = self._cause("NOBODY-KNOWS").action_dry_run()
        trial = self.env["med.his.trial"].browse(action["res_id"])
        self.assertEqual(trial.line_ids.mapped("before"), ["exception"] * 2)
        self.assertEqual(trial.line_ids.mapped("after"), ["processed"] * 2)
        self.assertEqual((trial.would_record, trial.line_count), (2, 2))
        self.assertEqual(messages.mapped("state"), ["exception"] * 2)
        self.assertFalse(self._lines())
        trial.with_user(self.operator).action_record()
        self.assertEqual(messages.mapped("state"), ["processed"] * 2)
        self.assertEqual(len(self._lines()), 2)
        messages.invalidate_recordset()
        self.assertEqual(messages.sudo().mapped("raw"), stored, "as it was sent")

    def test_r17_a_mapping_is_tried_out_before_it_is_replayed(self):
        messages = self._unknown(2)
        wizard = self._cause("NOBODY-KNOWS").action_map_code()
        code = (
            self.env["med.his.code"]
            .with_user(self.operator)
            .with_context(**wizard["context"])
            .create({"product_id": self.gloves.id})
        )
        self.env.flush_all()
        with self.enter_registry_test_mode():
            action = code.action_try_out()
        self.assertEqual(messages.mapped("state"), ["exception"] * 2)
        trial = self.env["med.his.trial"].browse(action["res_id"])
        self.assertEqual(trial.would_record, 2)
        trial.with_user(self.operator).action_record()
        self.assertEqual(messages.mapped("state"), ["processed"] * 2)
        with self.assertRaisesRegex(UserError, "No message waits"):
            code.action_try_out()

    def test_r17_all_of_a_cause_are_replayed_however_few_were_tried_out(self):
        messages = self._unknown(3)
        self.gloves.med_charge_code = "NOBODY-KNOWS"
        self.env.flush_all()
        with self.enter_registry_test_mode(), patch.object(trial_module, "LARGEST", 1):
            action = self._cause("NOBODY-KNOWS").action_dry_run()
        trial = self.env["med.his.trial"].browse(action["res_id"])
        self.assertEqual((trial.message_count, trial.asked_count), (1, 3))
        trial.with_user(self.operator).action_record()
        self.assertEqual(messages.mapped("state"), ["processed"] * 3)

    def test_a_dry_run_tells_what_would_remain(self):
        self._unknown(1)
        with self.enter_registry_test_mode():
            action = self._cause("NOBODY-KNOWS").action_dry_run()
        trial = self.env["med.his.trial"].browse(action["res_id"])
        self.assertEqual((trial.would_record, trial.would_remain), (0, 1))
        self.assertEqual(trial.line_ids.error_code, "unknown_item")

    def test_messages_are_left_out_with_a_reason_that_stays(self):
        messages = self._unknown(2)
        action = self._cause("NOBODY-KNOWS").action_ignore()
        wizard = self.env["med.his.ignore"].with_user(self.operator)
        wizard = wizard.browse(action["res_id"])
        with self.assertRaises(UserError):
            wizard.action_ignore()
        wizard.reason = "An examination"
        wizard.action_ignore()
        self.assertEqual(messages.mapped("state"), ["ignored"] * 2)
        self.assertEqual(messages.mapped("ignored_reason"), ["An examination"] * 2)
        event = self.env["med.his.event"].search([("event", "=", "leave_out")])
        self.assertEqual((event.user_id, event.count), (self.operator, 2))
        self.assertIn("An examination", event.detail)
        self.assertFalse(self._cause("NOBODY-KNOWS"))

    def test_what_is_settled_cannot_be_left_out(self):
        message = self._process(self._dft(ft1("T-GLOVE", "1")))
        self.assertEqual(message.state, "processed")
        with self.assertRaises(UserError):
            message.with_user(self.operator)._leave_out("because")

    def test_the_owner_of_a_row_is_whoever_took_all_of_it(self):
        messages = self._unknown(2)
        self.assertFalse(self._cause("NOBODY-KNOWS").owner_id)
        self._cause("NOBODY-KNOWS").action_take_over()
        self.assertEqual(messages.owner_id, self.operator)
        self.assertEqual(self._cause("NOBODY-KNOWS").owner_id, self.operator)

    def test_an_auditor_looks_and_mends_nothing(self):
        self._unknown(1)
        auditor = new_test_user(
            self.env, "desk_auditor", groups="med_consumables.group_auditor"
        )
        cause = self._cause("NOBODY-KNOWS").with_user(auditor)
        self.assertEqual(cause.message_count, 1)
        for mend in (cause.action_retry, cause.action_ignore, cause.action_dry_run):
            with self.assertRaises(AccessError):
                mend()

    def test_a_ward_sees_no_row(self):
        ward = new_test_user(
            self.env, "desk_ward", groups="med_consumables.group_ward_user"
        )
        with self.assertRaises(AccessError):
            self.env["med.his.cause"].with_user(ward).search([])


@tagged("post_install", "-at_install")
class TestBalance(HisCase):
    def _balance(self):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["med.his.balance"].search(
            [("channel_id", "=", self.channel.id)]
        )

    def test_r20_every_message_of_a_day_is_somewhere(self):
        self._process(
            self._dft(ft1("T-GLOVE", "1", number="1"), control_id="1"),
            self._dft(ft1("UNKNOWN", "1", number="2"), control_id="2"),
            self._dft(ft1("T-GLOVE", "x", number="3"), control_id="3"),
        )
        self._receive(self._dft(ft1("T-GLOVE", "1", number="4"), control_id="4"))
        balance = self._balance()
        self.assertEqual(balance.received, 4)
        self.assertEqual((balance.processed, balance.exception), (1, 1))
        self.assertEqual((balance.dead, balance.waiting), (1, 1))
        self.assertEqual((balance.difference, balance.lines_difference), (0, 0))
        self.assertTrue(balance.is_balanced)
        domain = balance.action_view_messages()["domain"]
        self.assertEqual(self.env["med.his.message"].search_count(domain), 4)

    def test_r20_what_is_no_line_of_use_is_not_missed_in_the_ledger(self):
        self._process(self._dft(ft1("T-GLOVE", "1")))
        self._process(self._dft(ft1("T-GLOVE", "1"), control_id="C2"))  # known before
        admitted = self._dft(type="ADT^A01", control_id="C3")
        (visit,) = self._process(admitted)
        self.assertEqual((visit.state, visit.made_count), ("processed", 1))
        balance = self._balance()
        self.assertEqual((balance.processed, balance.lines_read), (3, 1))
        self.assertTrue(balance.is_balanced)

    def test_a_line_that_is_not_in_the_ledger_stands_out(self):
        message = self._process(self._dft(ft1("T-GLOVE", "1")))
        message.line_count = 2
        balance = self._balance()
        self.assertEqual(balance.lines_difference, 1)
        self.assertFalse(balance.is_balanced)

    def test_r20_control_totals_are_compared(self):
        self._process(self._dft(ft1("T-GLOVE", "3")))
        used = self._lines().event_time.date()
        total = self.env["med.his.control.total"].create(
            {"channel_id": self.channel.id, "day": used, "lines": 1, "quantity": 3}
        )
        self.assertTrue(total.agrees)
        self.assertEqual((total.own_lines, total.own_quantity), (1, 3.0))
        total.lines = 2
        self.assertFalse(total.agrees)

    def test_r20_messages_that_did_not_arrive_stand_out_on_their_day(self):
        self._process(self._dft(ft1("T-GLOVE", "3")))
        balance = self._balance()
        self.env["med.his.control.total"].create(
            {"channel_id": self.channel.id, "day": balance.day, "messages": 2}
        )
        balance = self._balance()
        self.assertEqual((balance.told_messages, balance.told_difference), (2, 1))
        self.assertFalse(balance.is_balanced)


@tagged("post_install", "-at_install")
class TestInterfaceAlerts(HisCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel.owner_id = cls.operator

    def _alert(self, kind):
        rule = self.env["med.alert.rule"].search([("kind", "=", kind)])
        self.env["med.alert"]._evaluate(rule)
        return self.env["med.alert"].search(
            [
                ("rule_id", "=", rule.id),
                ("subject_id", "=", self.channel.id),
                ("state", "!=", "resolved"),
            ]
        )

    def _receive_ago(self, hours, *contents):
        messages = self._receive(*contents)
        messages.received_at = fields.Datetime.now() - timedelta(hours=hours)
        self.env.flush_all()
        return messages

    def test_r21_a_channel_that_has_gone_silent_raises_an_alert(self):
        self.assertFalse(self._alert("interface_silent"), "it was never used")
        message = self._receive_ago(1.9, self._dft(ft1("T-GLOVE", "1")))
        self.assertFalse(self._alert("interface_silent"))
        message.received_at = fields.Datetime.now() - timedelta(hours=2.1)
        alert = self._alert("interface_silent")
        self.assertEqual(
            (alert.severity, alert.responsible_id), ("warning", self.operator)
        )
        self.assertIn(self.channel.name, alert.explanation)
        self._receive(self._dft(ft1("T-GLOVE", "1", number="9"), control_id="9"))
        self.assertFalse(self._alert("interface_silent"))

    def test_r21_messages_that_wait_too_long_raise_an_alert(self):
        message = self._receive_ago(0.5, self._dft(ft1("T-GLOVE", "1")))
        self.assertEqual(self._alert("interface_lag").severity, "warning")
        message._process()
        self.assertFalse(self._alert("interface_lag"))

    def test_r21_messages_that_wait_for_a_person_raise_an_alert(self):
        message = self._process(self._dft(ft1("UNKNOWN", "1")))
        alert = self._alert("dead_letters")
        self.assertEqual((alert.severity, alert.measured), ("watch", 1.0))
        self.assertEqual(alert.with_user(self.operator).state, "open")
        message.with_user(self.operator)._leave_out("none of ours")
        self.assertFalse(self._alert("dead_letters"))

    def test_the_watch_has_every_channel_looked_at(self):
        self._receive_ago(3, self._dft(ft1("T-GLOVE", "1")))
        with self.enter_registry_test_mode():
            self.env.ref("med_his_connector.ir_cron_watch").method_direct_trigger()
            self.env.ref("med_alerts.ir_cron_evaluate_touched").method_direct_trigger()
        alert = self.env["med.alert"].search(
            [("kind", "=", "interface_silent"), ("subject_id", "=", self.channel.id)]
        )
        self.assertEqual(alert.state, "open")


@tagged("post_install", "-at_install")
class TestInterfaceThresholds(AroundThreshold, HisCase):
    """Each kind of this addon, about one channel."""

    ADDON = "med_his_connector"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Hours go on while a test looks at them.
        frozen = freeze_time(fields.Datetime.now())
        frozen.start()
        cls.addClassCleanup(frozen.stop)

    def _about_channel(self, kind):
        rule = self.env["med.alert.rule"].search([("kind", "=", kind)])
        return rule, {"subject_id": self.channel.id}

    def _received_ago(self, hours):
        message = self._receive(self._dft(ft1("T-GLOVE", "1")))
        message.received_at = fields.Datetime.now() - timedelta(hours=hours)

    def _make_interface_silent(self):
        self._received_ago(2.5)
        return self._about_channel("interface_silent")

    def _make_interface_lag(self):
        self._received_ago(3.25)
        return self._about_channel("interface_lag")

    def _make_dead_letters(self):
        for number in range(3):
            self._process(
                self._dft(
                    ft1("UNKNOWN", "1", number=f"{number}"), control_id=f"D{number}"
                )
            )
        return self._about_channel("dead_letters")

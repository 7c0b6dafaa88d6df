from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from .common import HisCase
from .samples import ft1


class TestRights(HisCase):
    def test_nobody_makes_changes_or_deletes_a_message_by_hand(self):
        (message,) = self._receive(self._dft(ft1()))
        mine = message.with_user(self.operator)
        for attempt in (
            lambda: mine.write({"state": "processed"}),
            mine.unlink,
            lambda: mine.create({"channel_id": self.channel.id}),
        ):
            with self.assertRaises(AccessError):
                attempt()

    def test_a_ward_user_sees_nothing_of_the_interfaces(self):
        nurse = new_test_user(
            self.env, "his_nurse", groups="med_consumables.group_ward_user"
        )
        self._receive(self._dft(ft1()))
        for model in (
            "med.his.channel",
            "med.his.message",
            "med.his.code",
            "med.his.reading",
        ):
            with self.assertRaises(AccessError):
                self.env[model].with_user(nurse).search([])

    def test_an_auditor_reads_all_and_does_nothing(self):
        auditor = new_test_user(
            self.env, "his_auditor", groups="med_consumables.group_auditor"
        )
        (message,) = self._process(self._dft(ft1("NOBODY")))
        mine = message.with_user(auditor)
        self.assertEqual(mine.state, "exception")
        for attempt in (
            mine.action_retry,
            mine.action_release,
            lambda: self.channel.with_user(auditor).write({"name": "Mine"}),
        ):
            with self.assertRaises(AccessError):
                attempt()

    def test_an_operator_sees_only_the_companies_in_use(self):
        other = self.env["res.company"].create({"name": "Other hospital"})
        self.env.user.company_ids = [Command.link(other.id)]
        foreign = self._channel("FOREIGN", company_id=other.id)
        self._receive(self._dft(ft1()), channel=foreign)
        found = self.env["med.his.message"].with_user(self.operator).search([])
        self.assertNotIn(foreign, found.channel_id)

    def test_an_operator_reads_only_lines_that_messages_reported(self):
        self._process(self._dft(ft1("T-GLOVE")))
        by_hand = self.env["med.consumption"]._record(
            [
                {
                    "department_id": self.icu.id,
                    "product_id": self.gloves.id,
                    "quantity": 1,
                    "kind": "use",
                    "event_time": "2026-01-05 01:00:00",
                    "source": "manual",
                    "external_key": "1",
                }
            ]
        )
        found = self.env["med.consumption"].with_user(self.operator).search([])
        self.assertIn(self._lines(), found)
        self.assertNotIn(by_hand, found)


class TestChannel(HisCase):
    def test_the_figures_of_a_channel_are_those_of_its_messages(self):
        self._process(
            self._dft(ft1("T-GLOVE"), control_id="1"),
            self._dft(ft1("NOBODY", number="2"), control_id="2"),
        )
        self._receive(self._dft(ft1("T-GLOVE", number="3"), control_id="3"))
        channel = self.channel
        self.assertEqual(
            (
                channel.received_today,
                channel.processed_today,
                channel.exception_count,
                channel.waiting_count,
            ),
            (3, 1, 1, 1),
        )
        self.assertTrue(channel.last_message_at)

    def test_a_code_that_the_ledger_knows_cannot_change(self):
        self.channel.code = "OTHER"
        self._receive(self._dft(ft1()))
        with self.assertRaises(UserError):
            self.channel.code = "AGAIN"

    def test_networks_are_checked_when_they_are_entered(self):
        for values in (
            {"allowed_networks": "10.1.2.0/33"},
            {"allowed_networks": "everybody"},
            {"host": "his.example"},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.channel.write(values)
        self.channel.write({"allowed_networks": "10.1.2.3, 10.2.0.0/16 ::1"})
        self.assertEqual(len(self.channel._networks()), 3)

    @mute_logger("odoo.sql_db")
    def test_two_channels_cannot_listen_on_one_port(self):
        with self.assertRaises(UniqueViolation):
            self._channel("SECOND", port=self.channel.port)

    def test_a_mapping_says_what_its_code_stands_for(self):
        with self.assertRaises(ValidationError):
            self.env["med.his.code"].create(
                {"channel_id": self.channel.id, "kind": "item", "code": "X"}
            )

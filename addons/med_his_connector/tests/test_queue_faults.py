from unittest.mock import patch

from psycopg2.errors import LockNotAvailable, UniqueViolation

from odoo.addons.med_consumables.core.sealing import new_key_line
from odoo.tools import mute_logger

from .common import HisCase
from .samples import ft1

MODELS = "odoo.addons.med_his_connector.models"


class TestQueueFaults(HisCase):
    """What one message meets, whatever it is, does not stop the others."""

    def setUp(self):
        super().setUp()
        self.Message = type(self.env["med.his.message"])

    def _charges(self, count=3, **options):
        return self._receive(
            *(
                self._dft(
                    ft1("T-GLOVE", number=f"{number}"),
                    control_id=f"C{number}",
                    visit="PV1||I|T-ICU" + "|" * 16 + f"VISIT-{number}",
                    **options,
                )
                for number in range(count)
            )
        )

    def _work_by_the_job(self):
        with self.enter_registry_test_mode():
            self.env.ref("med_his_connector.ir_cron_process").method_direct_trigger()
        self.env.invalidate_all()

    def test_a_content_that_cannot_be_opened_stops_nobody(self):
        self.channel.write(
            {"reply_host": "127.0.0.1", "reply_port": 9, "plaintext": True}
        )
        (closed,) = self._charges(1, tail="|||AL|AL")
        self.assertTrue(closed.reply_wanted)
        self.key_file.write_text(new_key_line())
        other = self._charges(2).filtered(lambda each: each.control_id == "C1")
        with mute_logger(f"{MODELS}.med_his_message_answer"):
            self._work_by_the_job()
        self.assertEqual((closed.state, closed.error_code), ("dead", "unseal"))
        self.assertEqual(other.state, "processed")

    @mute_logger(f"{MODELS}.outcome")
    def test_a_fault_of_ours_is_narrowed_down_to_its_message(self):
        messages = self._charges()
        bad, by_reader = messages[1], self.Message._by_reader

        def fails_for_one(own):
            if bad.id in own.ids:
                raise RuntimeError
            return by_reader(own)

        with patch.object(self.Message, "_by_reader", fails_for_one):
            self._work_by_the_job()
        self.assertEqual(messages.mapped("state"), ["processed", "dead", "processed"])
        self.assertEqual((bad.error_code, bad.error_text), ("internal", "RuntimeError"))

    def test_without_a_key_nothing_is_given_up(self):
        messages = self._charges()
        self.key_file.rename(self.key_file.with_suffix(".away"))
        with mute_logger("odoo.addons.base.models.ir_cron"):
            self._work_by_the_job()
        self.key_file.with_suffix(".away").rename(self.key_file)
        self.assertEqual(set(messages.mapped("state")), {"received"})

    def test_a_message_that_another_worker_took_meanwhile_is_left_to_it(self):
        (message,) = self._charges(1)
        with (
            self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
            patch.object(self.Message, "_take_lanes", lambda _own: []),
        ):
            queue = self.env(cr=cr)["med.his.message"]
            queue._work_apart(message.ids, LockNotAvailable())
        self.env.invalidate_all()
        self.assertEqual((message.state, message.attempts), ("received", 0))
        self.assertFalse(message.next_try_at)

    def _lose_the_race_once(self):
        """Another worker wrote the same line after our snapshot."""
        record_lines, races = self.Message._record_lines, [UniqueViolation()]

        def record(own, channel, works):
            if races:
                raise races.pop()
            return record_lines(own, channel, works)

        return patch.object(self.Message, "_record_lines", record)

    def test_who_loses_a_race_is_worked_again(self):
        messages = self._charges(2)
        with self._lose_the_race_once():
            self._work_by_the_job()
        self.assertEqual(messages.mapped("state"), ["processed"] * 2)

    def test_who_loses_a_race_alone_is_tried_again(self):
        (message,) = self._charges(1)
        with self._lose_the_race_once():
            self._work_by_the_job()
        self.assertEqual((message.state, message.error_code), ("received", "transient"))
        message.next_try_at = False
        self._work_by_the_job()
        self.assertEqual(message.state, "processed")

    @mute_logger("odoo.sql_db")
    def test_a_row_that_is_there_already_is_said_in_words_in_the_end(self):
        """It is no race that is lost again and again, but what the message says."""
        (message,) = self._charges(1)

        def record(own, channel, works):
            own.env.cr.execute("INSERT INTO med_his_lane (number) VALUES (0)")

        with patch.object(self.Message, "_record_lines", record):
            for _try in range(3):
                self._work_by_the_job()
                self.assertEqual(message.error_code, "transient")
                message.next_try_at = False
            self._work_by_the_job()
        self.assertEqual((message.state, message.error_code), ("exception", "refused"))
        self.assertIn("There is this lane already", message.error_text)

    def test_trying_again_begins_anew(self):
        (message,) = self._charges(1)
        self.channel.max_attempts = 2
        for _twice in range(2):
            message._postpone(LockNotAvailable())
        self.assertEqual(message.state, "dead")
        message._queue_again(("dead",))
        message._postpone(LockNotAvailable())
        self.assertEqual((message.state, message.attempts), ("received", 1))

from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import LockNotAvailable

from odoo import fields
from odoo.tests import BaseCase
from odoo.tools import mute_logger

from ..core.backoff import wait_after
from ..core.hl7_message import read_envelope
from ..core.lane import LANES, lane_of
from .common import HisCase
from .samples import ft1

VISIT = "PV1||I|T-ICU" + "|" * 16 + "{}"
QUEUE = "odoo.addons.med_his_connector.models.med_his_message_queue"


class TestLane(BaseCase):
    def _lane(self, *segments, kind="DFT^P03", company=1):
        header = f"MSH|^~\\&|HIS|HOSP|ODOO|STORE|20260105||{kind}|C1|P|2.5"
        raw = "\r".join((header, *segments, "")).encode()
        return lane_of(read_envelope(raw), company)

    def test_messages_of_one_visit_share_a_lane(self):
        one = self._lane("PID|1||A", VISIT.format("V1"))
        self.assertEqual(one, self._lane("PID|1||B", VISIT.format("V1"), "FT1|1"))
        self.assertTrue(0 <= one < LANES)

    def test_visits_spread_over_the_lanes(self):
        lanes = {self._lane("PID|1||A", VISIT.format(n)) for n in range(500)}
        self.assertEqual(len(lanes), LANES)

    def test_a_visit_that_is_taken_away_is_none(self):
        """``""`` is no number: all such messages would share one lane."""
        nothing = VISIT.format('""')
        lanes = {self._lane(f"PID|1||P{n}", nothing) for n in range(50)}
        self.assertGreater(len(lanes), 10)

    def test_hospitals_do_not_share_the_lanes_of_a_visit(self):
        lanes = {self._lane(VISIT.format("V1"), company=n) for n in range(1, 50)}
        self.assertGreater(len(lanes), 10)

    def test_an_appointment_goes_before_the_visit(self):
        first = self._lane("SCH||A7", VISIT.format("V1"), kind="SIU^S12")
        self.assertEqual(first, self._lane("SCH||A7", VISIT.format("V2")))

    def test_a_master_file_is_one_lane(self):
        one = self._lane("MFI|INV", kind="MFN^M16")
        self.assertEqual(one, self._lane("MFI|X", VISIT.format("V"), kind="MFN^M16"))


class TestOrder(HisCase):
    """Order where it matters, and nobody held up where it does not."""

    def _charge(self, number, item="T-GLOVE", visit="V1", **values):
        return self._dft(
            ft1(item, number=number, **values),
            visit=VISIT.format(visit),
            control_id=f"{number}{values.get('kind', '')}",
        )

    def test_r18_a_backlog_drains_batch_by_batch_and_loses_nothing(self):
        messages = self._receive(
            *(self._charge(str(n), visit=f"V{n % 17}") for n in range(240))
        )
        sizes = []
        while batch := self.env["med.his.message"]._process(limit=50):
            sizes.append(len(batch))
            self.env.invalidate_all()
        self.assertEqual(sum(sizes), 240)
        self.assertLessEqual(max(sizes), 50)
        self.assertEqual(set(messages.mapped("state")), {"processed"})
        self.assertEqual(len(self._lines()), 240)

    def test_r11_a_poison_message_holds_up_only_its_key(self):
        messages = self._process(
            self._charge("1", "NEW", "V1"),
            self._charge("2", "NEW", "V1"),
            self._charge("3", "T-GLOVE", "V1"),
            self._charge("4", "T-GLOVE", "V2"),
        )
        self.assertEqual(
            messages.mapped("state"),
            ["exception", "received", "processed", "processed"],
        )
        self.assertEqual(messages[1].blocked_by_id, messages[0])

    def test_r11_who_waited_goes_on_in_order_when_the_cause_is_mended(self):
        charge = self._charge("1", "NEW")
        credit = self._charge("1", "NEW", kind="CD")
        messages = self._process(charge, credit)
        self.assertEqual(messages.mapped("state"), ["exception", "received"])
        self._map("item", "NEW", product_id=self.gloves.id)
        for _round in range(2):
            messages.filtered(lambda each: each.state == "received")._process()
        self.assertEqual(messages.mapped("state"), ["processed", "processed"])
        use, back = self._lines()
        self.assertEqual(back.reversal_of_id, use)

    def test_r11_one_that_waits_is_itself_waited_for(self):
        both = self._dft(
            ft1("NEW", number="2"),
            ft1("T-STENT", number="3"),
            visit=VISIT.format("V1"),
            control_id="2",
        )
        messages = self._process(
            self._charge("1", "NEW"), both, self._charge("4", "T-STENT")
        )
        self.assertEqual(
            messages.mapped("state"), ["exception", "received", "received"]
        )
        self.assertEqual(messages[2].blocked_by_id, messages[1])

    def test_r11_who_is_given_up_holds_up_nobody(self):
        messages = self._process(self._charge("1", "NEW"), self._charge("2", "NEW"))
        messages[0].sudo().write({"state": "ignored"})
        self.assertFalse(messages[1].blocked_by_id)
        held = self.env["med.his.hold"].search([]).message_id
        self.assertNotIn(messages[0], held)

    def test_r11_keys_that_hold_say_nothing_of_the_visit(self):
        self._process(self._charge("1", "NEW", "VISIT-99"))
        for hold in self.env["med.his.hold"].search([]):
            self.assertRegex(hold.key, r"\A[0-9a-f]{32}\Z")

    def test_r11_lanes_that_another_worker_has_are_left_to_it(self):
        messages = self._receive(self._charge("1"))
        with patch.object(type(messages), "_take_lanes", lambda self: []):
            self.assertFalse(messages._process())
        self.assertEqual(messages.state, "received")
        messages._process()
        self.assertEqual(messages.state, "processed")

    # R12

    def _refund(self, **options):
        return self._dft(
            "ORC|CA|88002" + "|" * 18 + "^^^88001",
            "RXO|T-STENT^SN-9|1||",
            type="RAS^O17",
            version="2.4",
            control_id="C2",
            **options,
        )

    def test_r12_a_return_before_its_charge_is_parked(self):
        (waiting,) = self._process(self._refund())
        self.assertEqual(waiting.state, "parked")
        ends = fields.Datetime.now() + timedelta(hours=self.channel.park_hours)
        self.assertAlmostEqual(waiting.parked_until, ends, delta=timedelta(minutes=5))

    def test_r12_a_parked_return_ends_as_if_it_had_come_in_order(self):
        charge = self._dft(
            "ORC|NW|88001",
            "RXO|T-STENT^SN-9|1||",
            type="RAS^O17",
            version="2.4",
            control_id="C1",
        )
        (waiting,) = self._process(self._refund())
        self._process(charge)
        waiting._process()
        use, back = self._lines()
        self.assertEqual((use.kind, back.kind), ("use", "return"))
        self.assertEqual(back.reversal_of_id, use)
        self.assertEqual(waiting.state, "processed")

    def test_r12_a_return_whose_charge_never_comes_is_an_exception(self):
        (waiting,) = self._process(self._refund())
        waiting.sudo().write({"parked_until": fields.Datetime.now()})
        self.env["med.his.message"]._cron_sweep()
        waiting._process()
        self.assertEqual(
            (waiting.state, waiting.error_code), ("exception", "original_never_came")
        )

    # R15

    def test_r15_waits_grow_to_their_cap_and_are_never_in_step(self):
        cap = timedelta(minutes=5)
        waits = [wait_after(n, cap, 0.0).total_seconds() for n in range(1, 12)]
        self.assertEqual(waits[:4], [1, 2, 4, 8])
        self.assertEqual(waits[-1], 150)
        self.assertEqual(wait_after(9, cap, 0.999).total_seconds() // 1, 299)

    @mute_logger(QUEUE)
    def test_r15_a_busy_database_is_tried_again_later_and_given_up_in_the_end(self):
        (message,) = self._receive(self._charge("1"))
        self.channel.max_attempts = 3
        for attempts in (1, 2):
            message._postpone(LockNotAvailable())
            self.assertEqual(
                (message.state, message.error_code, message.attempts),
                ("received", "transient", attempts),
            )
            self.assertGreater(message.next_try_at, message.first_tried_at)
            self.assertFalse(message._process())
        message._postpone(LockNotAvailable())
        self.assertEqual((message.state, message.attempts), ("dead", 3))

    def test_r15_who_shares_a_key_waits_behind_one_that_is_tried_again(self):
        first, second, other = self._receive(
            self._charge("1"), self._charge("2"), self._charge("3", visit="V2")
        )
        first._postpone(LockNotAvailable())
        (second | other)._process()
        self.assertEqual(second.blocked_by_id, first)
        self.assertEqual(other.state, "processed")
        first.sudo().next_try_at = False
        (first | second)._process()
        self.assertEqual(first.state, "processed")
        second._process()
        self.assertEqual(second.state, "processed")

    def test_r15_a_clock_that_was_wrong_does_not_postpone_for_ever(self):
        (message,) = self._receive(self._charge("1"))
        message.sudo().next_try_at = fields.Datetime.now() + timedelta(days=4000)
        message._process()
        self.assertEqual(message.state, "processed")

    def test_r15_what_nobody_here_can_mend_is_dead_at_once(self):
        (message,) = self._process(self._charge("1", quantity="1,5"))
        self.assertEqual(
            (message.state, message.error_code, message.attempts),
            ("dead", "bad_quantity", 1),
        )
        self.assertTrue(message.first_tried_at)
        self.assertEqual(message.error_position, "FT1-10")

    def test_r15_somebody_takes_it_over(self):
        (message,) = self._process(self._charge("1", quantity="x"))
        message.with_user(self.operator).action_take_over()
        self.assertEqual(message.owner_id, self.operator)

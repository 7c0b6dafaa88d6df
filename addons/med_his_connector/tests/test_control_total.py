from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..core.errors import PlaceError
from ..core.framing import Refused
from ..core.inbox import Arrival
from .common import HisCase
from .samples import ft1
from .test_batches import batch


@tagged("post_install", "-at_install")
class TestControlTotal(HisCase):
    """What a sender counts, and what we count of it, agree when all has arrived."""

    def _told(self, **told):
        self.env.flush_all()
        message = self.env["med.his.message"].search([], limit=1)
        day = message.received_at.date() if "messages" in told else self._used_on()
        total = self.env["med.his.control.total"].create(
            {"channel_id": self.channel.id, "day": day, **told}
        )
        self.env.flush_all()
        return total

    def _used_on(self):
        return self._lines()[0].event_time.date()

    def test_a_batch_and_stray_bytes_are_no_messages_that_a_sender_counts(self):
        self.channel.tz = "UTC"
        messages = (
            self._dft(ft1("T-GLOVE", number=f"{n}"), control_id=f"{n}")
            for n in range(3)
        )
        self._process(batch(*messages))
        receiver = self.channel._receiver()
        Message = self.env["med.his.message"]
        for reason in ("stray", "unfinished"):
            refused = Refused(reason, 5, "0" * 64)
            Message._accept([Arrival(receiver, "127.0.0.1", refused=refused)])
        told = PlaceError("structure", "line", "no object")
        Message._keep_refusal(self.channel, b"x", told, "127.0.0.1")
        total = self._told(messages=3)
        self.assertEqual((total.own_messages, total.agrees), (3, True))
        balance = self.env["med.his.balance"].search(
            [("channel_id", "=", self.channel.id)]
        )
        self.assertEqual((balance.received, balance.told_difference), (7, 0))
        self.assertTrue(balance.is_balanced)

    def test_a_day_of_which_nothing_arrived_is_on_the_reconciliation(self):
        day = fields.Date.today() - timedelta(days=3)
        total = self.env["med.his.control.total"].create(
            {"channel_id": self.channel.id, "day": day, "messages": 4}
        )
        self.env.flush_all()
        balance = self.env["med.his.balance"].search(
            [("channel_id", "=", self.channel.id), ("day", "=", day)]
        )
        self.assertEqual((balance.received, balance.told_difference), (0, 4))
        self.assertFalse(balance.is_balanced)
        self.assertEqual(total.explanation, "4 messages have not arrived")

    def test_what_differs_is_explained(self):
        self.channel.tz = "UTC"
        self._process(
            self._dft(ft1("T-GLOVE", "2")),
            self._dft(ft1("NOBODY-KNOWS", number="2"), control_id="C2"),
        )
        total = self._told(messages=2)
        self.assertFalse(total.explanation)
        total.write({"messages": 1, "lines": 7})
        self.env.invalidate_all()
        self.assertIn("1 messages more than told", total.explanation)
        self.assertIn("lines are not in the ledger", total.explanation)
        self.assertIn("1 messages of the day are not recorded", total.explanation)
        action = total.action_view_messages()
        self.assertEqual(self.env["med.his.message"].search_count(action["domain"]), 2)

    def test_a_file_of_totals_names_a_channel_by_its_code(self):
        loaded = self.env["med.his.control.total"].load(
            ["channel_id", "day", "messages"], [[self.channel.code, "2026-01-04", "3"]]
        )
        self.assertFalse(loaded["messages"])
        total = self.env["med.his.control.total"].browse(loaded["ids"])
        self.assertEqual(total.channel_id, self.channel)

    def test_what_was_refused_of_a_file_was_sent(self):
        self.channel.write({"tz": "UTC", "transport": "folder", "folder": "charges"})
        told = PlaceError("value", "row 7", "no text")
        self.env["med.his.message"]._keep_refusal(self.channel, b"x", told, "")
        self.assertTrue(self._told(messages=1).agrees)

    def test_a_line_that_was_reported_again_is_one_line(self):
        self.channel.changed_lines = "delta"
        for number, quantity in enumerate(("2", "5")):
            self._process(self._dft(ft1("T-GLOVE", quantity), control_id=f"M{number}"))
        self.assertEqual(len(self._lines()), 2)
        total = self._told(lines=1, quantity=5)
        self.assertEqual((total.own_lines, total.own_quantity), (1, 5))
        self.assertTrue(total.agrees)

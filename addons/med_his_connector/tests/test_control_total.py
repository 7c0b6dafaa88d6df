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

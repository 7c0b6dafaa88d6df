from unittest.mock import patch

from odoo.tests import BaseCase
from odoo.tools import mute_logger

from ..core.errors import Hl7Error
from ..core.hl7_message import read_envelope
from ..models import med_his_message_queue
from .common import HisCase
from .samples import dft, ft1

QUEUE = "odoo.addons.med_his_connector.models.med_his_message_queue"


class TestLines(BaseCase):
    def test_s03_a_message_of_more_than_a_thousand_lines_is_refused(self):
        for count in (1_000, 1_001):
            raw = dft(*(ft1(number=str(n)) for n in range(count)))
            if count == 1_000:
                self.assertEqual(len(read_envelope(raw, "utf-8").lines), 1_003)
                continue
            with self.assertRaises(Hl7Error) as caught:
                read_envelope(raw, "utf-8")
            self.assertEqual(
                (caught.exception.code, caught.exception.segment), ("too_large", "FT1")
            )
        # What is not a line of use has the limit of segments.
        read_envelope(dft(ft1(), *["NTE|1||x"] * 3_000), "utf-8")


class TestLargeBacklog(HisCase):
    """A backlog of large messages is worked in small batches, whatever their number."""

    def _backlog(self, count=6):
        contents = (
            self._dft(ft1("T-GLOVE", number=f"L{n}"), control_id=f"B{n}")
            for n in range(count)
        )
        return self._receive(*contents)

    def test_r18_a_batch_is_so_many_bytes_and_one_message_at_least(self):
        messages = self._backlog()
        size = messages[0].size
        Message = self.env["med.his.message"].sudo()
        for most, count in ((3 * size, 3), (size // 2, 1), (100 * size, 6)):
            with self.subTest(most), patch(f"{QUEUE}.BATCH_BYTES", most):
                self.assertEqual(Message._take(1000).ids, messages.ids[:count])
                self.assertEqual(len(Message._take(2)), min(2, count))

    @mute_logger(QUEUE)
    def test_r18_what_does_not_fit_into_memory_is_halved(self):
        messages, worked = self._backlog(), []
        native = type(messages)._read

        def read(this, profile):
            # As many at once as the memory does not have room for.
            worked.append(this.id)
            if len(self.in_hand) > 2:
                raise MemoryError
            return native(this, profile)

        own = type(messages)._work

        def work(this):
            self.in_hand = this.ids
            return own(this)

        self.patch(type(messages), "_read", read)
        self.patch(type(messages), "_work", work)
        self.patch(med_his_message_queue, "BREATH_SECONDS", 0)
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref("med_his_connector.ir_cron_process").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(set(messages.mapped("state")), {"processed"})
        self.assertEqual(len(self._lines()), 6)
        self.assertGreater(len(worked), 6)

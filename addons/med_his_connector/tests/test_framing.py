from odoo.tests import BaseCase

from ..core.framing import CR, FS, VT, Decoder, Frame, Limits, Refused, wrap


class TestFraming(BaseCase):
    def _events(self, *chunks, limits=None):
        decoder = Decoder(limits or Limits())
        events = [event for chunk in chunks for event in decoder.feed(chunk)]
        return events + decoder.close()

    def test_two_messages_in_one_packet_are_two_frames(self):
        self.assertEqual(
            self._events(wrap(b"MSH|1") + wrap(b"MSH|2")),
            [Frame(b"MSH|1"), Frame(b"MSH|2")],
        )

    def test_a_message_in_single_bytes_is_one_frame(self):
        stream = wrap(b"MSH|\r1")
        self.assertEqual(
            self._events(*(stream[i : i + 1] for i in range(len(stream)))),
            [Frame(b"MSH|\r1")],
        )

    def test_line_ends_between_frames_are_not_garbage(self):
        self.assertEqual(
            self._events(b"\r\n" + wrap(b"A") + b"\r\n \r" + wrap(b"B")),
            [Frame(b"A"), Frame(b"B")],
        )

    def test_a_missing_last_carriage_return_does_no_harm(self):
        self.assertEqual(
            self._events(VT + b"A" + FS + VT + b"B" + FS), [Frame(b"A"), Frame(b"B")]
        )

    def test_stray_bytes_before_a_frame_are_refused_and_the_frame_is_read(self):
        stray, frame = self._events(b"HELLO" + wrap(b"A"))
        self.assertEqual((stray.reason, stray.size, stray.fatal), ("stray", 5, False))
        self.assertEqual(frame, Frame(b"A"))

    def test_a_new_frame_inside_a_frame_refuses_the_unfinished_one(self):
        cut, frame = self._events(VT + b"HALF" + wrap(b"WHOLE"))
        self.assertEqual((cut.reason, cut.size), ("unfinished", 4))
        self.assertEqual(frame, Frame(b"WHOLE"))

    def test_a_line_that_is_cut_refuses_the_half_frame(self):
        (cut,) = self._events(VT + b"HALF")
        self.assertEqual((cut.reason, cut.size), ("unfinished", 4))

    def test_a_frame_over_the_limit_is_refused_for_good(self):
        limits = Limits(frame_bytes=10)
        events = self._events(VT + b"x" * 8, b"x" * 8, wrap(b"A"), limits=limits)
        self.assertEqual(len(events), 1)
        self.assertEqual((events[0].reason, events[0].fatal), ("too_large", True))

    def test_a_stream_that_is_not_mllp_is_refused_for_good(self):
        limits = Limits(stray_bytes=10)
        events = self._events(b"GET / HTTP/1.1\r\n", wrap(b"A"), limits=limits)
        self.assertEqual([type(event) for event in events], [Refused])
        self.assertTrue(events[0].fatal)

    def test_a_refusal_keeps_the_hash_and_not_the_bytes(self):
        (cut,) = self._events(VT + b"HALF")
        self.assertEqual(len(cut.sha256), 64)
        self.assertNotIn("HALF", repr(cut))

    def test_the_decoder_knows_when_a_frame_is_open(self):
        decoder = Decoder(Limits())
        decoder.feed(VT)
        self.assertTrue(decoder.in_frame)
        decoder.feed(FS + CR)
        self.assertFalse(decoder.in_frame)

import base64
import hashlib
import hmac
from urllib.parse import parse_qs

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..core import signature
from ..core.outcome import LONGEST_PAUSE, of_robot, of_status, pause
from ..core.phone_number import WrongNumber, mobile


@tagged("post_install", "-at_install")
class TestOutcome(BaseCase):
    @given(st.integers(200, 299))
    def test_every_status_of_success_means_sent(self, status):
        self.assertEqual(of_status(status).state, "sent")

    @given(st.sampled_from([408, 425, 429]) | st.integers(500, 599))
    def test_an_overloaded_receiver_is_tried_again(self, status):
        self.assertEqual(of_status(status).state, "again")

    def test_a_refusal_and_a_redirect_are_final(self):
        for status in (301, 302, 400, 401, 403, 404, 410, 422):
            self.assertEqual(of_status(status).state, "never", status)

    def test_a_robot_says_in_the_body_whether_it_took_the_message(self):
        self.assertEqual(of_robot({"errcode": 0}).state, "sent")
        self.assertEqual(of_robot({"errcode": 45009}).state, "again")
        self.assertEqual(of_robot({"errcode": 93000}).state, "never")
        for nonsense in (None, [], "ok", {}):
            self.assertEqual(of_robot(nonsense).state, "again")

    @given(st.integers(1, 1000), st.floats(0, 0.999))
    def test_a_pause_grows_and_has_an_end(self, attempts, share):
        seconds = pause(attempts, share)
        self.assertGreaterEqual(seconds, 60)
        self.assertLessEqual(seconds, LONGEST_PAUSE * 1.2)
        self.assertLessEqual(pause(attempts, 0.0), pause(attempts + 1, 0.0))


@tagged("post_install", "-at_install")
class TestSignature(BaseCase):
    def test_a_webhook_is_signed_with_its_moment(self):
        expected = hmac.new(b"key", b"1700000000.{}", hashlib.sha256).hexdigest()
        self.assertEqual(
            signature.of_webhook("key", 1700000000, b"{}"),
            f"t=1700000000,v1={expected}",
        )

    def test_dingtalk_gets_the_moment_and_the_signature(self):
        found = parse_qs(signature.of_dingtalk("SECx", 1700000000000))
        expected = hmac.new(b"SECx", b"1700000000000\nSECx", hashlib.sha256).digest()
        self.assertEqual(found["timestamp"], ["1700000000000"])
        self.assertEqual(found["sign"], [base64.b64encode(expected).decode()])


@tagged("post_install", "-at_install")
class TestPhoneNumber(BaseCase):
    def test_a_number_as_people_write_it_is_normalised(self):
        for text in ("13800138000", "138 0013 8000", "+86 138-0013-8000"):
            self.assertEqual(mobile(text, "CN"), "+8613800138000")

    def test_a_number_that_cannot_get_a_text_says_why(self):
        reasons = {
            "": "missing",
            "  ": "missing",
            "ward phone": "unreadable",
            "12345678901": "unassigned",
            "010-12345678": "not_mobile",
        }
        for text, reason in reasons.items():
            with self.assertRaises(WrongNumber) as caught:
                mobile(text, "CN")
            self.assertEqual(caught.exception.reason, reason, text)

    @given(st.text(max_size=30))
    def test_any_text_is_a_number_or_a_reason(self, text):
        try:
            self.assertTrue(mobile(text, "CN").startswith("+"))
        except WrongNumber as error:
            self.assertTrue(error.reason)

from datetime import datetime

from odoo.tests import BaseCase, tagged

from ..core.device_clock import ClockError, event_time
from ..core.wristband import prefixes_of, visit_of

NOON = datetime(2030, 1, 1, 12)


@tagged("post_install", "-at_install")
class TestDeviceClock(BaseCase):
    def test_a_wrong_clock_does_not_move_the_scan(self):
        for clock in ("2001-01-01T{}Z", "2031-05-05T{}.250Z", "2030-01-01T{}+08:00"):
            at = event_time(NOON, clock.format("09:10:00"), clock.format("09:00:00"))
            self.assertEqual(at, datetime(2030, 1, 1, 11, 50))

    def test_a_clock_put_back_makes_no_scan_of_the_future(self):
        at = event_time(NOON, "2030-01-01T09:00:00Z", "2030-01-01T10:00:00Z")
        self.assertEqual(at, NOON)

    def test_what_is_no_time_is_refused(self):
        for text in ("", "yesterday", None, 12, "9999-99-99T00:00:00Z"):
            with self.assertRaises(ClockError):
                event_time(NOON, "2030-01-01T09:00:00Z", text)
        with self.assertRaises(ClockError):
            event_time(NOON, "9999-12-31T00:00:00Z", "0001-01-01T00:00:00Z")


@tagged("post_install", "-at_install")
class TestWristband(BaseCase):
    def test_a_gs1_number_of_a_recipient_is_a_wristband(self):
        for code in (
            "8018690123456789012340",
            "]d28018690123456789012340\x1d80191",
            "(8018)690123456789012340(8019)1",
        ):
            self.assertEqual(visit_of(code), "690123456789012340")

    def test_a_hospitals_own_beginning_is_a_wristband(self):
        self.assertEqual(visit_of(" ZY00123 ", ("ZY", "MZ")), "ZY00123")
        self.assertIsNone(visit_of("ZY", ("ZY",)))

    def test_a_pack_is_no_wristband(self):
        for code in ("0106901234567892", "06901234567892", "801869", "AZY1", ""):
            self.assertIsNone(visit_of(code, ("ZY",)))

    def test_beginnings_are_separated_as_people_write(self):
        self.assertEqual(prefixes_of("ZY, MZ；JZ"), ("ZY", "MZ", "JZ"))
        self.assertEqual(prefixes_of(False), ())

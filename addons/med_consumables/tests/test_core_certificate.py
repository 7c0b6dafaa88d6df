from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase

from ..core.certificate import EXPIRED, LADDER, Revision, best, ladder_from, rung
from ..core.registration_number import read

DAY = date(2026, 6, 1)


class TestRegistrationNumber(BaseCase):
    def test_numbers_of_the_national_rule_tell_class_origin_and_year(self):
        for number, expected in {
            "国械注准20213030647": ("国", "domestic", 2021, "3", "03"),
            "国械注准20243131618": ("国", "domestic", 2024, "3", "13"),
            "鄂械注准20182640001": ("鄂", "domestic", 2018, "2", "64"),
            "国械注进20153771234": ("国", "imported", 2015, "3", "77"),
            "国械注许20193130001": ("国", "special_region", 2019, "3", "13"),
        }.items():
            with self.subTest(number=number):
                told = read(number)
                self.assertEqual((told.kind, told.standard), ("registration", True))
                self.assertEqual(
                    (
                        told.authority,
                        told.origin,
                        told.year,
                        told.management_class,
                        told.branch,
                    ),
                    expected,
                )

    def test_filings_of_class_one_with_and_without_their_last_sign(self):
        for number, year in {
            "国械备20151134号": 2015,
            "浙温械备20140027号": 2014,
            "苏械备20230001": 2023,
        }.items():
            told = read(number)
            self.assertEqual((told.kind, told.management_class), ("filing", "1"))
            self.assertEqual((told.year, told.standard), (year, True))

    def test_an_old_number_is_read_and_marked(self):
        told = read("国食药监械(准)字2013第3461234号")
        self.assertFalse(told.standard)
        self.assertEqual((told.year, told.management_class), (2013, "3"))
        self.assertEqual(told, read("国食药监械（准）字2013 第3461234号"))

    @given(st.text(max_size=30))
    def test_no_number_whatever_is_refused(self, number):
        read(number)


class TestValidity(BaseCase):
    def test_states_by_date(self):
        for revision, state in (
            (Revision(date(2026, 6, 2), date(2031, 6, 1)), "future"),
            (Revision(date(2026, 6, 1), date(2031, 5, 31)), "valid"),
            (Revision(date(2021, 6, 1), date(2026, 6, 1)), "expiring"),
            (Revision(date(2021, 6, 1), date(2026, 8, 30)), "expiring"),
            (Revision(date(2021, 6, 1), date(2026, 8, 31)), "valid"),
            (Revision(date(2021, 5, 31), date(2026, 5, 31)), "expired"),
            (Revision(date(2021, 1, 1), date(2027, 1, 1), DAY), "superseded"),
            (Revision(date(2021, 1, 1), None, date(2026, 6, 2)), "valid"),
            (Revision(), "valid"),
        ):
            self.assertEqual(revision.state(DAY, 90), state, revision)

    def test_one_valid_certificate_is_enough(self):
        self.assertEqual(best(["expired", "expiring", "superseded"]), "expiring")
        self.assertEqual(best([]), "missing")

    def test_a_rung_is_reached_on_its_day_and_ever_after(self):
        for left, expected in (
            (181, None),
            (180, 180),
            (91, 180),
            (90, 90),
            (8, 30),
            (7, 7),
            (0, 7),
            (-1, EXPIRED),
        ):
            self.assertEqual(rung(left, LADDER), expected, left)

    def test_a_ladder_as_people_write_it(self):
        self.assertEqual(ladder_from("30，180, 7,"), (180, 30, 7))
        for nonsense in ("", "soon", "0", "-5", "99999"):
            with self.assertRaises(ValueError):
                ladder_from(nonsense)

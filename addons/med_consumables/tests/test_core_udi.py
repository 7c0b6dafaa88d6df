import re
from datetime import date
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st
from stdnum import ean, numdb

from odoo.tests import BaseCase

from ..core.udi import Udi, UdiConflict, UdiError, merge, parse
from ..core.udi.application_identifiers import identifier_at

TODAY = date(2026, 6, 1)
GTIN = "06901234567892"
OFFICIAL = f"(01){GTIN}(11)141231(17)150707(10)A213B1(21)1234"
SCANNED = f"01{GTIN}11141231171507071" + "0A213B1\x1d211234"
READ = Udi(
    "gs1",
    di=GTIN,
    lot="A213B1",
    serial="1234",
    expiry=date(2015, 7, 7),
    production=date(2014, 12, 31),
)


def _a_value(identifier, length):
    """A value of ``length`` that fits: a date, and digits that check."""
    value = ("280229" + "1" * length)[:length]
    if identifier.digits in ("00", "01", "02"):
        value = value[:-1] + ean.calc_check_digit(value[:-1])
    return value


class TestUdi(BaseCase):
    def _refused(self, code, **options):
        with self.assertRaises(UdiError) as refused:
            parse(code, TODAY, **options)
        error = refused.exception
        return error.code, error.position, error.element

    def test_the_official_example_reads_as_printed_and_as_scanned(self):
        self.assertEqual(parse(OFFICIAL, TODAY), READ)
        self.assertEqual(parse(SCANNED, TODAY), READ)

    def test_every_symbology_prefix_is_understood(self):
        for prefix in ("]C1", "]e0", "]d2", "]Q3", "]J1"):
            self.assertEqual(parse(prefix + SCANNED, TODAY), READ)
            self.assertEqual(parse(prefix + "\x1d" + SCANNED, TODAY), READ)

    def test_day_00_is_the_end_of_the_month(self):
        self.assertEqual(parse("(17)280200", TODAY).expiry, date(2028, 2, 29))

    def test_the_century_lies_within_49_years_back_and_50_ahead(self):
        self.assertEqual(parse("(17)760101", TODAY).expiry.year, 2076)
        self.assertEqual(parse("(17)770101", TODAY).expiry.year, 1977)
        self.assertEqual(parse("(17)010101", date(2090, 1, 1)).expiry.year, 2101)

    def test_identifiers_that_nobody_here_uses_do_not_spoil_the_others(self):
        read = parse(
            f"(01){GTIN}(240)REF-7(3103)001250(7003)2712311200(8012)V2(10)B", TODAY
        )
        self.assertEqual((read.lot, read.expiry), ("B", date(2027, 12, 31)))

    def test_the_number_of_pieces_in_a_case(self):
        read = parse(f"(02){GTIN}(37)24", TODAY)
        self.assertEqual((read.di, read.count), (GTIN, 24))

    def test_a_bracket_inside_a_lot_is_part_of_it(self):
        self.assertEqual(parse("(10)A(5)B(21)7", TODAY).lot, "A(5)B")

    def test_a_bare_gtin_is_a_device_identifier(self):
        self.assertEqual(parse("6901234567892", TODAY), Udi("gs1", di=GTIN))

    def test_anything_else_is_the_hospitals_own_code(self):
        for code in ("YN-000123", "100234", "6901234567893", "院内0001"):
            self.assertEqual(parse(code, TODAY), Udi("hospital", di=code))

    def test_an_ma_code_with_its_segments(self):
        read = parse("MA.156.M0.100000.12345678.LA1.S7.M240131.E20290131.DS9", TODAY)
        self.assertEqual(read.di, "MA.156.M0.100000.12345678")
        self.assertEqual((read.lot, read.serial), ("A1", "7"))
        self.assertEqual(read.expiry, date(2029, 1, 31))
        self.assertEqual(read.production, date(2024, 1, 31))
        self.assertEqual(read.sterilisation_lot, "S9")

    def test_an_ahm_code_with_its_letters(self):
        read = parse("AHM.86120001.BNB7.SN42.MD240131.ED20290131", TODAY)
        self.assertEqual((read.agency, read.di), ("ahm", "AHM.86120001"))
        self.assertEqual((read.lot, read.serial), ("B7", "42"))
        self.assertEqual(read.production, date(2024, 1, 31))
        self.assertEqual(read.expiry, date(2029, 1, 31))

    def test_separators_as_hand_scanners_spell_them(self):
        for separator in ("\x1d", "<GS>", "{GS}", "␝", "Alt029"):
            read = parse(f"01{GTIN}10A213B1{separator}211234", TODAY)
            self.assertEqual((read.lot, read.serial), ("A213B1", "1234"))

    def test_every_application_identifier_reads_at_its_shortest_and_longest(self):
        source = Path(numdb.__file__).with_name("gs1_ai.dat").read_text("utf-8")
        rows = re.findall(r'^([\d,-]+) format="[^"]+" type="(\w+)"', source, re.M)
        self.assertGreater(len(rows), 150)
        for names, type_ in rows:
            for name in re.split("[,-]", names):  # the ends of a range
                written = name + ("2" if type_ == "decimal" else "")
                identifier = identifier_at(written)
                self.assertEqual(identifier.digits, written)
                for length in (identifier.shortest, identifier.longest):
                    value = _a_value(identifier, length)
                    with self.subTest(identifier=written, value=value):
                        # The lot after it is found: the length was right.
                        after = "" if length == identifier.longest else "\x1d"
                        code = f"]d2{written}{value}{after}"
                        if written != "10":
                            code += "10LOT"
                            self.assertEqual(parse(code, TODAY).lot, "LOT")
                        parse(f"({written}){value}", TODAY)

    def test_two_barcodes_of_one_pack_in_either_order(self):
        first = parse(f"01{GTIN}", TODAY)
        second = parse("1727010110B7", TODAY, expects_production=True)
        for pair in ((first, second), (second, first)):
            both = merge(*pair)
            self.assertEqual((both.di, both.lot), (GTIN, "B7"))
            self.assertEqual(both.expiry, date(2027, 1, 1))

    def test_a_blank_never_overwrites_what_is_known(self):
        known = parse("(10)B7(17)270101", TODAY)
        self.assertEqual(merge(known, parse("(10)B7", TODAY)), known)

    def test_two_barcodes_that_disagree_are_a_conflict(self):
        with self.assertRaises(UdiConflict) as conflict:
            merge(parse("(17)270101", TODAY), parse("(17)280101", TODAY))
        self.assertEqual(conflict.exception.field, "expiry")

    def test_a_broken_code_says_what_and_where(self):
        for code, expected in {
            "": ("empty", 1, ""),
            "   ": ("empty", 1, ""),
            "(01)06901234567893": ("wrong_check_digit", 18, "01"),
            "(01)0690123456789": ("short_value", 18, "01"),
            "(01)069012345678921": ("long_value", 19, "01"),
            "(01)0690123456789X": ("wrong_character", 18, "01"),
            "(17)271301": ("wrong_date", 7, "17"),
            "(17)270230": ("wrong_date", 9, "17"),
            "(30)1A": ("wrong_character", 6, "30"),
            "(11)000000": ("wrong_date", 7, "11"),
            "]d2\x1d\x1d": ("empty", 4, ""),
            "  ]d2\x1d": ("empty", 6, ""),
            "(10)": ("missing_value", 5, "10"),
            "(10)A(10)B": ("repeated_identifier", 10, "10"),
            "(17": ("unclosed_bracket", 1, ""),
            "(09)1": ("unknown_identifier", 2, ""),
            "()": ("unknown_identifier", 2, ""),
            "(310)123456": ("unknown_identifier", 2, ""),
            "]C109123": ("unknown_identifier", 4, ""),
            f"]d201{GTIN}10" + "L" * 21 + "\x1d21S": ("long_value", 42, "10"),
            "]d210B\x1d17": ("missing_value", 10, "17"),
            "]d210\x07": ("wrong_character", 6, "10"),
            "MA.156.M0": ("short_value", 10, "MA"),
            "MA.156.M0.1.2.X1": ("unknown_identifier", 15, ""),
            "MA.156.M0.1.2.E2701": ("wrong_date", 16, "E"),
            "MA.156.M0.1.2.L1.L2": ("repeated_identifier", 18, "L"),
            "MA.156..1.2": ("missing_value", 8, "MA"),
            "MA.156.M0.1.é": ("wrong_character", 13, "MA"),
            "MA.156.M0.1.2.M2401١1": ("wrong_character", 20, "M"),
            "AHM.8612.XX1": ("unknown_identifier", 10, ""),
            "AHM.8612.ED": ("missing_value", 12, "ED"),
            "x" * 3000: ("too_long", 2336, ""),
        }.items():
            with self.subTest(code=code[:40]):
                self.assertEqual(self._refused(code), expected)

    @given(st.text(max_size=60))
    @example("]d2\x1d\x1d")
    def test_no_text_whatever_raises_anything_else(self, code):
        try:
            parse(code, TODAY)
        except UdiError as error:
            self.assertGreaterEqual(error.position, 1)

    @given(
        st.sampled_from([OFFICIAL, SCANNED, "]d2" + SCANNED]),
        st.integers(0, 60),
        st.characters(),
    )
    def test_no_mutation_raises_anything_else(self, code, position, character):
        position = min(position, len(code))
        for broken in (
            code[:position] + character + code[position:],
            code[:position] + character + code[position + 1 :],
            code[:position],
        ):
            try:
                parse(broken, TODAY)
            except UdiError as error:
                self.assertLessEqual(error.position, len(broken) + 1)

    @given(
        st.text("ABCDEFGHIJ0123456789-/.", min_size=1, max_size=20),
        st.text("ABCDEFGHIJ0123456789", min_size=1, max_size=20),
        st.dates(date(2000, 1, 1), date(2070, 1, 1)),
    )
    def test_what_is_written_is_what_is_read(self, lot, serial, expiry):
        written = f"]d201{GTIN}17{expiry:%y%m%d}10{lot}\x1d21{serial}"
        self.assertEqual(parse(written, TODAY), Udi("gs1", GTIN, lot, serial, expiry))

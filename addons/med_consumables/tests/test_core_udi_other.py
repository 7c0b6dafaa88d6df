from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase

from ..core.udi import Udi, UdiError, merge, parse
from ..core.udi.hibc import CHARACTERS, check_character

TODAY = date(2026, 6, 1)
#: Of the UDI guide: first and second part in one, as scanned.
HIBC = (
    "+H123PARTNO1234567890120/$$420020216LOT123456789012345"
    "/SXYZ4567890123 45678/16D20130202C"
)
PRIMARY = "+A123BJC5D6E71G"
#: Of the UDI guide, without the layout of print.
TISSUE = (
    "=/A9999XYZ100T0944=,000025=A99971312345600=>014032=}013032&,1000000000000XYZ123"
)
BAG = "=)1TE123456A&)RZ12345678"


def checked(text):
    return text + check_character(text)


class TestHibc(BaseCase):
    def _secondary(self, said):
        """What a second barcode says; K stands for the first's check character."""
        return parse(checked(f"+{said}K"), TODAY)

    def _refused(self, text):
        with self.assertRaises(UdiError) as refused:
            parse(text, TODAY)
        return refused.exception

    def test_the_published_example_reads_in_one(self):
        self.assertEqual(
            parse(HIBC, TODAY),
            Udi(
                "hibc",
                di="H123PARTNO1234567890120",
                lot="LOT123456789012345",
                serial="XYZ4567890123 45678",
                expiry=date(2020, 2, 2),
                production=date(2013, 2, 2),
            ),
        )

    def test_stars_and_symbols_around_it_are_no_part_of_it(self):
        for text in (f"*{HIBC}*", f"]C0{HIBC}", f"]d1*{HIBC}*", f" {HIBC}\r\n"):
            self.assertEqual(parse(text, TODAY), parse(HIBC, TODAY), text)

    def test_two_barcodes_of_one_pack_add_up(self):
        first, second = parse(PRIMARY, TODAY), self._secondary("$$32806303C001")
        self.assertEqual(first, Udi("hibc", di="A123BJC5D6E71"))
        self.assertEqual(
            merge(second, first),
            Udi("hibc", di="A123BJC5D6E71", lot="3C001", expiry=date(2028, 6, 30)),
        )

    def test_every_way_to_write_the_date(self):
        last = date(2028, 2, 29)
        for written in (
            "0228",
            "2022928",
            "3280229",
            "428022910",
            "528060",
            "62806010",
        ):
            read = self._secondary(f"$${written}LOT9")
            self.assertEqual((read.expiry, read.lot), (last, "LOT9"), written)
            read = self._secondary(f"$$+{written}SN9")
            self.assertEqual((read.expiry, read.serial), (last, "SN9"), written)
        read = self._secondary("28060LOT9")
        self.assertEqual((read.expiry, read.lot), (last, "LOT9"))

    def test_a_lot_or_serial_without_a_date(self):
        for written in ("$LOT9", "$$7LOT9"):
            self.assertEqual(self._secondary(written), Udi("hibc", lot="LOT9"))
        for written in ("$+SN9", "$$+7SN9"):
            self.assertEqual(self._secondary(written), Udi("hibc", serial="SN9"))
        read = parse("+A999ABC123DE0/$+1234567Y", TODAY)
        self.assertEqual((read.di, read.serial), ("A999ABC123DE0", "1234567"))

    def test_how_many_are_in_the_pack(self):
        for written in ("$$8240228LOT9", "$$9000240228LOT9"):
            read = self._secondary(written)
            self.assertEqual((read.count, read.lot), (24, "LOT9"))
        self.assertEqual(self._secondary("$$824").count, 24)
        self.assertEqual(self._secondary("$LOT9/Q500").count, 500)

    def test_supplements(self):
        read = parse(checked("+A123BJC5D6E71/$LOT9/SSN9/14D20280630"), TODAY)
        self.assertEqual(
            (read.lot, read.serial, read.expiry), ("LOT9", "SN9", date(2028, 6, 30))
        )

    def test_a_check_character_that_is_a_space_is_not_lost(self):
        pcn = next(
            f"+A123{n}1" for n in range(1000) if check_character(f"+A123{n}1") == " "
        )
        for text in (pcn, f"{pcn} ", f"{pcn} \r\n"):
            self.assertEqual(parse(text, TODAY).di, pcn[1:], text)

    def test_any_single_wrong_character_is_found(self):
        for index in range(1, len(PRIMARY)):
            for other in "0Z":
                if other != PRIMARY[index]:
                    wrong = PRIMARY[:index] + other + PRIMARY[index + 1 :]
                    self.assertEqual(self._refused(wrong).code, "wrong_check_digit")

    def test_what_is_wrong_is_said_with_its_place(self):
        for text, code, position in (
            (checked("+A123B"), "wrong_character", 2),  # no pack level
            (checked("+A123BJC5D6E71/$"), "missing_value", 17),
            (checked("+A123BJC5D6E71/%X"), "unknown_identifier", 16),
            (checked("+A123BJC5D6E71/$$1328L"), "wrong_date", 18),
            (checked("+A123BJC5D6E71/$$3280231L"), "wrong_date", 19),
            (checked("+A123BJC5D6E71/$$528367L"), "wrong_date", 21),
            (checked("+A123BJC5D6E71/$A/$B"), "repeated_identifier", 19),
            (checked("+A123BJC5D6E71/16D2028"), "short_value", 23),
            ("+A123bjc5d6e71g", "wrong_character", 6),
            ("+", "short_value", 2),
        ):
            error = self._refused(text)
            self.assertEqual((error.code, error.position), (code, position), text)

    @given(st.text(alphabet=CHARACTERS, max_size=40))
    def test_no_other_error_whatever_stands_there(self, text):
        for code in (f"+{text}", checked(f"+{text}"), checked(f"+A1231/{text}")):
            try:
                read = parse(code, TODAY)
            except UdiError:
                continue
            self.assertEqual(read.agency, "hibc")


class TestIsbt(BaseCase):
    def test_the_published_examples_read(self):
        self.assertEqual(
            parse(TISSUE, TODAY),
            Udi(
                "iccbba",
                di="A9999XYZ100T0944",
                lot="000000000000XYZ123",
                serial="000025",
                expiry=date(2014, 2, 1),
                production=date(2013, 2, 1),
                donation="A99971312345600",
            ),
        )
        bag = Udi("iccbba", di="1TE123456A", lot="RZ12345678")
        self.assertEqual(parse(BAG, TODAY), bag)
        self.assertEqual(parse(BAG.replace("&)", " &)"), TODAY), bag)

    def test_without_a_lot_the_donation_traces_it(self):
        read = parse("=+04000=A99971312345600=/A9999XYZ100T0944=,000025", TODAY)
        self.assertEqual((read.lot, read.donation), ("A99971312345600",) * 2)
        self.assertEqual(read.serial, "000025")

    def test_dates_with_a_time_and_of_other_centuries(self):
        self.assertEqual(parse("&>0280602359", TODAY).expiry, date(2028, 2, 29))
        self.assertEqual(parse("=}999365", TODAY).production, date(1999, 12, 31))

    def test_two_barcodes_of_one_product_add_up(self):
        one, other = TISSUE[:18], TISSUE[18:]
        self.assertEqual(
            merge(parse(one, TODAY), parse(other, TODAY)), parse(TISSUE, TODAY)
        )

    def test_what_is_wrong_is_said_with_its_place(self):
        for text, code, position in (
            ("=/A9999XYZ100T094", "short_value", 18),
            ("=>014366", "wrong_date", 6),
            ("=>01436A", "wrong_character", 8),
            ("=*", "unknown_identifier", 1),
            (f"{BAG}&)RZ12345679", "repeated_identifier", 27),
        ):
            with self.assertRaises(UdiError) as refused:
                parse(text, TODAY)
            error = refused.exception
            self.assertEqual((error.code, error.position), (code, position), text)

    @given(st.text(alphabet="=&/,>})+1A0 ", max_size=40))
    def test_no_other_error_whatever_stands_there(self, text):
        try:
            parse(f"={text}", TODAY)
        except UdiError:
            return

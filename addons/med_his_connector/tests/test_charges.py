from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from odoo.tests import BaseCase

from ..core.charge import signed
from ..core.charges import Profile, fate_of_type, message_key, read_charges
from ..core.errors import Hl7Error
from ..core.hl7_message import read_envelope
from ..core.values import read_moment, read_quantity
from . import samples
from .samples import dft, ft1

NOW = datetime(2026, 4, 30, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def ras(*segments, **msh):
    return dft(*segments, type="RAS^O17", version="2.4", **msh)


class TestCharges(BaseCase):
    def _read(self, raw, **profile):
        return read_charges(read_envelope(raw), "KEY", NOW, Profile(**profile))

    def _one(self, raw, **profile):
        (charge,) = self._read(raw, **profile).charges
        return charge

    def _error(self, raw, **profile):
        with self.assertRaises(Hl7Error) as caught:
            self._read(raw, **profile)
        return caught.exception

    # DFT

    def test_a_published_charge_is_read_to_the_last_field(self):
        raw = samples.sample("ms_DFT-P03-01.hl7")
        first, second = self._read(raw).charges
        self.assertEqual(first.item_code, "71045")
        self.assertEqual(
            first.alternates, ("Item-12345", "0182-1061-05", "00643169001763")
        )
        self.assertEqual(first.quantity, Decimal(2))
        self.assertEqual(first.department_code, "RAD-1")
        self.assertEqual(first.lot, "123ABC")
        self.assertEqual(first.serial, "21A11F4855")
        self.assertEqual(first.expiry, date(2022, 7, 12))
        self.assertEqual(first.encounter.kind, "visit")
        self.assertEqual(first.line_key.split("|")[-1], "FT1:12345")
        self.assertEqual(second.line_key, "KEY#2")

    def test_what_an_analyser_has_used_is_read(self):
        raw = dft(
            "EQU|AN-5|20260105093000",
            "INV|TROP^Troponin^L|OK||C-77||||||2|mL|20270131||||LOT-3",
            "INV|BUF|OK||C-78",
            type="INU^U05",
            visit="",
        )
        reading = self._read(raw)
        (charge,) = reading.charges
        self.assertEqual((charge.item_code, charge.quantity), ("TROP", Decimal(2)))
        self.assertEqual((charge.uom, charge.lot), ("mL", "LOT-3"))
        self.assertEqual(charge.department_code, "AN-5")
        self.assertEqual(charge.expiry, date(2027, 1, 31))
        self.assertEqual(charge.event_time, datetime(2026, 1, 5, 1, 30, tzinfo=UTC))
        self.assertEqual(len(reading.skipped), 1)
        later = raw.replace(b"|C1|", b"|C2|")
        self.assertEqual(self._one(later).line_key, charge.line_key)

    def test_a_p11_is_read_like_a_p03(self):
        charges = self._read(samples.sample("ms_DFT-P11-01.hl7")).charges
        self.assertEqual([each.item_code for each in charges], ["71045", "92002"])

    def test_a_charge_has_no_patient_in_its_print(self):
        charge = self._one(dft(ft1(), patient="MRN-777"))
        self.assertEqual(charge.encounter.identifier, "MRN-777")
        self.assertNotIn("MRN-777", repr(charge))

    def test_the_sign_matrix(self):
        policy = Profile()
        for credit, quantity, kind in (
            (False, 1, "use"),
            (False, -1, "return"),
            (True, 1, "return"),
            (True, -1, "ambiguous"),
            (False, 0, None),
            (True, 0, None),
        ):
            self.assertEqual(signed(credit, Decimal(quantity), policy), kind)

    def test_both_credit_codes_are_returns(self):
        for code in ("CD", "CR"):
            charge = self._one(dft(ft1(kind=code, quantity="3")))
            self.assertEqual((charge.kind, charge.quantity), ("return", Decimal(3)))

    def test_a_credit_points_at_the_charge_of_its_own_number(self):
        use = self._one(dft(ft1()))
        back = self._one(dft(ft1(kind="CD")))
        self.assertEqual(back.reversal_of, use.line_key)
        self.assertNotEqual(back.line_key, use.line_key)
        self.assertFalse(back.reversal_certain)

    def test_a_negative_credit_is_ambiguous_unless_the_channel_decides(self):
        raw = dft(ft1(kind="CD", quantity="-1"))
        self.assertEqual(self._error(raw).code, "sign")
        self.assertEqual(self._one(raw, negative_credit="return").kind, "return")

    def test_payments_and_adjustments_have_no_effect_on_stock(self):
        reading = self._read(dft(*(ft1(kind=code) for code in ("PY", "CO", "AJ"))))
        self.assertFalse(reading.charges)
        self.assertEqual(
            [each.reason for each in reading.skipped],
            ["payment", "payment", "adjustment"],
        )

    def test_a_quantity_of_zero_is_skipped_and_said(self):
        (skipped,) = self._read(dft(ft1(quantity="0"))).skipped
        self.assertEqual((skipped.position, skipped.reason), ("FT1[1]", "nothing"))

    def test_a_line_that_is_neither_charge_nor_credit_is_an_error(self):
        self.assertEqual(self._error(dft(ft1(kind=""))).position, "FT1-6")

    def test_an_empty_quantity_is_what_the_channel_says(self):
        raw = dft(ft1(quantity=""))
        self.assertEqual(self._error(raw).code, "quantity_missing")
        charge = self._one(raw, empty_quantity="one")
        self.assertEqual(charge.quantity, Decimal(1))

    def test_an_error_names_the_line_and_the_field(self):
        error = self._error(dft(ft1(), ft1(quantity="two", number="T2")))
        self.assertEqual(error.position, "FT1[2]-10")
        self.assertNotIn("two", str(error))

    def test_a_quantity_over_the_channels_limit_is_an_error(self):
        raw = dft(ft1(quantity="1001"))
        error = self._error(raw, largest_quantity=Decimal(1000))
        self.assertEqual(error.code, "quantity_limit")

    def test_without_an_item_in_ft1_7_the_next_code_is_the_item(self):
        charge = self._one(dft(ft1(item="", f25="99261^Consult", f29="NDC-1")))
        self.assertEqual(charge.item_code, "NDC-1")

    def test_v02_leading_zeros_of_a_code_survive(self):
        self.assertEqual(self._one(dft(ft1(item="00123"))).item_code, "00123")

    def test_the_department_is_the_lines_own_before_the_patients(self):
        self.assertEqual(self._one(dft(ft1(f13="OR"))).department_code, "OR")
        self.assertEqual(self._one(dft(ft1())).department_code, "ICU")

    def test_v04_an_explicit_null_department_does_not_fall_back(self):
        self.assertEqual(self._one(dft(ft1(f13='""'))).department_code, "")

    def test_a_line_never_takes_the_order_or_lot_of_another_line(self):
        raw = dft(
            ft1(number="1"),
            "ORC|RE" + "|" * 16 + "CATH",
            "PRT||AD||AD|" + "|" * 11 + "00643169001763|||LOT-1|",
            ft1(number="2"),
            visit="",
        )
        first, second = self._read(raw).charges
        self.assertEqual((first.lot, second.lot), ("LOT-1", ""))
        self.assertEqual(second.department_code, "HOSP")

    def test_a_channels_path_goes_before_the_usual_place(self):
        raw = dft(ft1(), "ZPA|SHELF|LOT9|20271231|SN7|DIAL", ft1(number="2"))
        paths = {
            "lot": "ZPA-2",
            "expiry": "ZPA-3",
            "serial": "ZPA-4",
            "department": "ZPA-5",
        }
        first, second = self._read(raw, paths=paths).charges
        self.assertEqual(
            (first.lot, first.expiry, first.serial, first.department_code),
            ("LOT9", date(2027, 12, 31), "SN7", "DIAL"),
        )
        self.assertEqual((second.lot, second.department_code), ("", ""))

    def test_a_number_that_repeats_in_a_message_does_not_merge_its_lines(self):
        charges = self._read(dft(ft1(), ft1(), ft1(number="T2"))).charges
        keys = [each.line_key.partition("FT1:")[2] for each in charges]
        self.assertEqual(keys, ["T1", "T1#2", "T2"])

    def test_the_same_line_in_another_message_has_the_same_key(self):
        first = self._one(dft(ft1(), control_id="A"))
        again = self._one(dft(ft1(), control_id="B"))
        self.assertEqual(first.line_key, again.line_key)

    def test_keys_of_two_senders_never_meet(self):
        first = self._one(dft(ft1(), application="A\\F\\B", facility="C"))
        other = self._one(dft(ft1(), application="A", facility="B\\F\\C"))
        self.assertNotEqual(first.line_key, other.line_key)

    def test_a_message_without_lines_is_an_error(self):
        self.assertEqual(self._error(dft()).code, "no_lines")

    def test_a_code_as_long_as_a_page_is_an_error(self):
        error = self._error(dft(ft1(item="X" * 101)))
        self.assertEqual((error.code, error.segment), ("too_large", "FT1"))

    # Encounters

    def test_the_visit_goes_before_the_account_and_the_record_number(self):
        visit = "PV1||I|ICU" + "|" * 16 + "V-1"
        charge = self._one(dft(ft1(), visit=visit))
        self.assertEqual(
            (charge.encounter.kind, charge.encounter.identifier), ("visit", "V-1")
        )

    def test_of_several_patient_numbers_the_record_number_is_taken(self):
        raw = dft(ft1(), patient="SSN9^^^USSSA^SS~MRN-1")
        self.assertEqual(self._one(raw).encounter.identifier, "MRN-1")

    # RAS

    def test_a_published_administration_is_read(self):
        raw = samples.sample("hapi_AbstractMessageTest_RAS_O17_1.hl7")
        first, second = self._read(raw).charges
        self.assertEqual((first.quantity, first.uom), (Decimal(10), "mg"))
        self.assertEqual(first.event_time, datetime(2017, 12, 9, 8, 10, 55, tzinfo=UTC))
        self.assertNotEqual(first.line_key, second.line_key)

    def test_a_deleted_administration_takes_the_given_one_back(self):
        given = "RXA|0|1|202601051000||STENT|1|EA" + "|" * 8 + "L1|20280101"
        order = "ORC|RE|O77"
        use = self._one(ras(order, given))
        back = self._one(ras(order, given + "|" * 5 + "D"))
        self.assertEqual((use.lot, use.expiry), ("L1", date(2028, 1, 1)))
        self.assertEqual((back.kind, back.reversal_of), ("return", use.line_key))
        self.assertTrue(back.reversal_certain)

    def test_an_administration_that_was_refused_is_skipped(self):
        given = "RXA|0|1|202601051000||STENT|1|EA" + "|" * 12 + "|RE"
        (skipped,) = self._read(ras("ORC|RE|O77", given)).skipped
        self.assertEqual(skipped.reason, "refused")

    def test_a_chinese_platform_charge_stands_in_rxo(self):
        charge = self._one(
            ras(
                "ORC|NW|88001|B1|B1|||||20260105103000|||||||CATH^导管室",
                "RXO|HC0001^690123400001^冠脉支架^m|1||套",
                "RXA|0||20260105000000|20260105235959",
            )
        )
        self.assertEqual(
            (charge.kind, charge.item_code, charge.serial, charge.uom),
            ("use", "HC0001", "690123400001", "套"),
        )
        self.assertEqual(charge.department_code, "ICU")
        self.assertEqual(charge.event_time, datetime(2026, 1, 5, 2, 30, tzinfo=UTC))

    def test_a_chinese_platform_refund_points_at_its_charge(self):
        item = "RXO|HC0001^690123400001|{}||套"
        use = self._one(ras("ORC|NW|88001", item.format(1)))
        for quantity in ("1", "-1"):
            refund = "ORC|CA|88002" + "|" * 18 + "^^^88001"
            back = self._one(ras(refund, item.format(quantity)))
            self.assertEqual((back.kind, back.quantity), ("return", Decimal(1)))
            self.assertEqual(back.reversal_of, use.line_key)
            self.assertTrue(back.reversal_certain)

    def test_an_order_control_that_says_neither_is_an_error(self):
        error = self._error(ras("ORC|XX|1", "RXO|A|1"))
        self.assertEqual((error.code, error.value), ("order_control", "XX"))

    def test_an_order_without_an_item_is_an_error(self):
        self.assertEqual(self._error(ras("ORC|NW|1")).code, "item_missing")

    # Values

    def test_v01_only_a_plain_number_is_a_quantity(self):
        for text in ("NaN", "Infinity", "1_000", "1e3", "２", "1,5", "0x1", "1.", ""):
            with self.subTest(text), self.assertRaises(ValueError):
                read_quantity(text)
        self.assertEqual(read_quantity("+1.10"), Decimal("1.10"))

    def test_v03_a_time_without_zone_is_the_channels(self):
        moment = read_moment("20260105103000", SHANGHAI)
        self.assertEqual(moment.utc, datetime(2026, 1, 5, 2, 30, tzinfo=UTC))

    def test_v03_an_offset_goes_before_the_channels_zone(self):
        moment = read_moment("202601051030-0500", SHANGHAI)
        self.assertEqual(moment.utc, datetime(2026, 1, 5, 15, 30, tzinfo=UTC))

    def test_v03_a_day_is_its_midnight_and_says_so(self):
        moment = read_moment("20260105", SHANGHAI)
        self.assertTrue(moment.day_only)
        self.assertEqual(moment.utc, datetime(2026, 1, 4, 16, tzinfo=UTC))

    def test_v03_what_is_no_time_is_refused(self):
        for text in ("2026", "202601", "20261301", "20260105 10:00", "2026-01-05"):
            with self.subTest(text), self.assertRaises(ValueError):
                read_moment(text, SHANGHAI)

    def test_v03_a_time_in_the_future_or_too_old_is_an_error(self):
        self.assertEqual(self._error(dft(ft1(when="20260503"))).code, "time_future")
        old = self._error(dft(ft1(when="20240101")), oldest=timedelta(days=366))
        self.assertEqual(old.code, "time_old")
        self.assertEqual(self._error(dft(ft1(when="19000101"))).code, "time")

    def test_the_time_is_the_first_that_is_given(self):
        event = "EVN|P03|20260105090000||||20260105083000"
        charge = self._one(dft(ft1(when=""), head=event))
        self.assertEqual(charge.event_time, datetime(2026, 1, 5, 0, 30, tzinfo=UTC))

    # Messages

    def test_types_are_read_ignored_or_unsupported(self):
        self.assertEqual(fate_of_type("RAS^O17"), "read")
        self.assertEqual(fate_of_type("ORM^O01"), "ignore")
        self.assertEqual(fate_of_type("XYZ^Z01"), "unsupported")

    def test_without_a_control_id_the_content_identifies_the_message(self):
        with_id = read_envelope(dft(ft1())).header
        without = read_envelope(dft(ft1(), control_id="")).header
        self.assertEqual(message_key(with_id, "abc"), "HIS|HOSP|MSH:C1")
        self.assertEqual(message_key(without, "abc"), "HIS|HOSP|sha256:abc")

    def test_r08_ids_that_are_too_long_for_an_index_are_told_apart(self):
        first, second = (
            message_key(read_envelope(dft(control_id=f"{'x' * 400}{n}")).header, n)
            for n in "12"
        )
        self.assertEqual((first, second), ("sha256:1", "sha256:2"))

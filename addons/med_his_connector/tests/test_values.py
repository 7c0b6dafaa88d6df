from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from odoo.tests import BaseCase

from ..core.charge import Profile
from ..core.charges import read_charges
from ..core.errors import Hl7Error
from ..core.hl7_message import read_envelope
from ..core.values import read_date, read_moment, read_quantity
from .samples import dft, ft1

NOW = datetime(2026, 4, 30, tzinfo=UTC)


class TestValues(BaseCase):
    def _one(self, *segments, **profile):
        raw = dft(*segments)
        (charge,) = read_charges(
            read_envelope(raw), "KEY", NOW, Profile(**profile)
        ).charges
        return charge

    def _code(self, *segments, **profile):
        with self.assertRaises(Hl7Error) as caught:
            self._one(*segments, **profile)
        return caught.exception.code

    def test_v01_a_quantity_is_a_plain_number_and_nothing_like_one(self):
        for text in ("1", "+2", "-3", "1.10", "000123", "999999999999.999999"):
            self.assertEqual(read_quantity(text), Decimal(text))
        for text in [
            "NaN",
            "Infinity",
            "1_000",
            "1e3",
            "２",
            "1,5",
            "1.",
            ".5",
            "1.1234567",
            "1234567890123",
            "0x10",
            "--1",
            "1",
            "2",
        ]:
            if text in ("1", "2"):
                continue
            with self.subTest(text), self.assertRaises(ValueError):
                read_quantity(text)
        self.assertEqual(self._code(ft1(quantity="２")), "bad_quantity")

    def test_v02_codes_are_texts_and_keep_their_zeros(self):
        charge = self._one(ft1("00012", number="007", f13="0001"))
        self.assertEqual((charge.item_code, charge.department_code), ("00012", "0001"))
        self.assertTrue(charge.line_key.endswith("FT1:007"))

    def test_v03_a_time_without_an_offset_is_the_channels(self):
        zone = ZoneInfo("America/New_York")
        self.assertEqual(
            read_moment("20260105100000", zone).utc,
            datetime(2026, 1, 5, 15, tzinfo=UTC),
        )
        self.assertEqual(
            read_moment("20260105100000+0800", zone).utc,
            datetime(2026, 1, 5, 2, tzinfo=UTC),
        )

    def test_v03_summer_time_is_counted(self):
        zone = ZoneInfo("America/New_York")
        self.assertEqual(
            read_moment("20260705100000", zone).utc,
            datetime(2026, 7, 5, 14, tzinfo=UTC),
        )

    def test_v03_an_hour_that_comes_twice_is_the_first_of_both(self):
        zone = ZoneInfo("America/New_York")
        self.assertEqual(
            read_moment("20261101013000", zone).utc,
            datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
        )
        # Whoever means the second one says the offset.
        self.assertEqual(
            read_moment("20261101013000-0500", zone).utc,
            datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
        )

    def test_v03_an_hour_that_the_clock_leaves_out_is_read_as_before_the_change(self):
        zone = ZoneInfo("America/New_York")
        self.assertEqual(
            read_moment("20260308023000", zone).utc,
            datetime(2026, 3, 8, 7, 30, tzinfo=UTC),
        )

    def test_v03_a_day_is_its_midnight_and_says_so(self):
        moment = read_moment("20260105", ZoneInfo("Asia/Shanghai"))
        self.assertTrue(moment.day_only)
        self.assertEqual(moment.utc, datetime(2026, 1, 4, 16, tzinfo=UTC))
        for text in ("2026", "202601", "20261301", "20260230", "2026-01-05", "noon"):
            with self.subTest(text), self.assertRaises(ValueError):
                read_moment(text, UTC)
        self.assertEqual(str(read_date("202701011200")), "2027-01-01")

    def test_v03_the_future_beyond_tolerance_is_an_exception(self):
        self.assertEqual(self._code(ft1(when="20260601")), "time_future")
        self.assertEqual(self._one(ft1(when="20260430120000")).day_only, False)

    def test_v04_a_null_is_not_an_empty_field(self):
        # An empty department is looked for elsewhere; a null says that there is none.
        self.assertEqual(self._one(ft1(f13="")).department_code, "ICU")
        self.assertEqual(self._one(ft1(f13='""')).department_code, "")

    def test_v05_without_a_reader_labels_are_not_looked_at(self):
        charge = self._one(ft1(), "ZUD|nonsense", paths={"udi": "ZUD-1"})
        self.assertEqual(charge.lot, "")

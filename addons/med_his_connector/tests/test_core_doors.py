import json
import random
import time
from datetime import UTC, datetime
from decimal import Decimal

from odoo.addons.med_consumables.core import udi
from odoo.tests import BaseCase

from ..core import feed_line
from ..core.charge import Profile
from ..core.errors import Hl7Error, PlaceError
from ..core.fhir import bundle, readers
from ..core.file_rows import is_for_us
from ..core.json_text import Limits, read_json, write_json
from ..core.leaves import seen
from ..core.mllp_answer import read_answer
from ..core.outbound import text
from ..core.rate_limit import RateLimit

NOW = datetime(2026, 2, 1, tzinfo=UTC)
CHARGE = {
    "resourceType": "ChargeItem",
    "identifier": [{"system": "urn:his", "value": "1"}],
    "status": "billable",
    "code": {"coding": [{"code": "GLOVE"}]},
    "contained": [
        {
            "resourceType": "Device",
            "id": "d",
            "lotNumber": "L",
            "expirationDate": "2027-01-01",
            "udiCarrier": [{"carrierHRF": "(01)06901234567892(10)L"}],
        }
    ],
    "productReference": {"reference": "#d"},
    "occurrencePeriod": {"start": "2026-01-05T10:15:00+08:00"},
    "quantity": {"value": 2, "unit": "each"},
}
LINE = {
    "id": "1",
    "kind": "return",
    "item": "GLOVE",
    "quantity": "2",
    "time": "2026-01-05 10:15",
    "expiry": "2027-01-01",
    "udi": "(01)06901234567892(10)L",
}


class TestJson(BaseCase):
    def _refused(self, raw, code):
        with self.assertRaises(PlaceError) as caught:
            read_json(raw, Limits(size=100_000))
        self.assertEqual(caught.exception.code, code)

    def test_f06_numbers_come_back_as_they_were_written(self):
        raw = b'{"a":1.10,"b":[0.100,-0.0,12345678901234567890]}'
        self.assertEqual(write_json(read_json(raw)), raw)

    def test_what_is_no_strict_json_is_refused(self):
        for raw in (b"", b"{", b"{'a': 1}", b'{"a": NaN}', b'{"a":1,"a":2}', b"1 2"):
            self._refused(raw, "json")
        self._refused('{"a":"é"}'.encode("latin-1"), "charset_invalid")
        self._refused(b"1" * 100, "json")

    def test_s03_depth_size_and_number_of_values_are_bounded_in_time(self):
        began = time.process_time()
        self._refused(b"[" * 90_000, "too_large")
        self._refused(b'{"a":' * 15_000 + b"1" + b"}" * 15_000, "too_large")
        self._refused(b'"' + b"x" * 200_000 + b'"', "too_large")
        with self.assertRaises(PlaceError):
            read_json(b"[" + b"1," * 2_000_000 + b"1]")
        self.assertLess(time.process_time() - began, 5)

    def test_brackets_inside_of_texts_do_not_count(self):
        raw = json.dumps({"a": "[" * 1000, "b": '"[\\'}).encode()
        self.assertEqual(read_json(raw)["a"], "[" * 1000)


class TestMutations(BaseCase):
    """S4: whatever arrives, there is a value or one typed error."""

    def _mutated(self, raw, random_):
        raw = bytearray(raw)
        for _ in range(random_.randint(1, 4)):
            at = random_.randrange(len(raw))
            kind = random_.randrange(4)
            if kind == 0:
                raw[at] = random_.randrange(256)
            elif kind == 1:
                del raw[at : at + random_.randint(1, 20)]
            elif kind == 2:
                raw[at:at] = random_.choice(
                    [b"null", b"[]", b"{}", b'"x"', b"-1", b"true", b"1e9", b'"",']
                )
            else:
                raw[at:at] = raw[at : at + 30]
            if not raw:
                return b"{}"
        return bytes(raw)

    def _values(self, value, random_):
        """Another value at one place, so that the text stays JSON."""
        others = [None, [], {}, "", "x", Decimal(-1), True, [[]], [None], {"a": []}]
        if isinstance(value, dict) and value and random_.random() < 0.8:
            name = random_.choice(list(value))
            return {**value, name: self._values(value[name], random_)}
        if isinstance(value, list) and value and random_.random() < 0.8:
            at = random_.randrange(len(value))
            return [*value[:at], self._values(value[at], random_), *value[at + 1 :]]
        return random_.choice(others)

    def _read_resource(self, found):
        if not isinstance(found, dict):
            raise PlaceError("structure")
        if found.get("resourceType") == "Bundle":
            return bundle.read_bundle(found)
        entry = bundle.read_entry(found, "ChargeItem")
        return readers.read(entry.resource, "k", NOW, Profile(), udi.parse)

    def _read_row(self, found):
        if not isinstance(found, dict):
            raise PlaceError("structure")
        values = feed_line.allowed(found)
        feed_line.own_key(values)
        return feed_line.read_line(values, NOW, Profile(), udi.parse)

    def _tried(self, read, found):
        try:
            read(found)
        except Hl7Error as error:
            self.assertNotIn("\n", error.text)
            return 1
        return 0

    def test_s04_bytes_that_were_changed_anywhere(self):
        random_, refused = random.Random(4), 0
        for sample, read in ((CHARGE, self._read_resource), (LINE, self._read_row)):
            raw = json.dumps(sample).encode()
            for _ in range(3000):
                mutated = self._mutated(raw, random_)
                refused += self._tried(lambda m, r=read: r(read_json(m)), mutated)
        self.assertGreater(refused, 1000)

    def test_s04_values_of_another_kind_anywhere(self):
        random_, refused = random.Random(5), 0
        request = {"method": "POST", "url": "ChargeItem"}
        whole = {
            "resourceType": "Bundle",
            "type": "batch",
            "entry": [{"resource": CHARGE, "request": request, "fullUrl": "urn:1"}],
        }
        for sample, read in (
            (CHARGE, self._read_resource),
            (whole, self._read_resource),
            (LINE, self._read_row),
        ):
            parsed = read_json(json.dumps(sample).encode())
            for _ in range(3000):
                refused += self._tried(read, self._values(parsed, random_))
        self.assertGreater(refused, 1000)


class TestPlainLine(BaseCase):
    def test_v03_times_are_read_in_the_channels_zone_or_by_their_offset(self):
        same = datetime(2026, 1, 5, 2, 15, tzinfo=UTC)
        for given in (
            "2026-01-05 10:15",
            "2026/1/5 10:15:00",
            "20260105101500",
            "2026-01-05T10:15:00+08:00",
            "2026-01-05T02:15:00Z",
            "2026-01-05T02:15:00.000Z",
        ):
            charge = feed_line.read_line(
                {**LINE, "time": given}, NOW, Profile(), udi.parse
            )
            self.assertEqual(charge.event_time, same, given)
        for wrong in ("yesterday", "2026-13-01", "05.01.2026", "2026-01-05 25:00"):
            with self.assertRaises(PlaceError, msg=wrong):
                feed_line.read_line({**LINE, "time": wrong}, NOW, Profile(), udi.parse)

    def test_a_return_bears_its_own_key_beside_that_of_its_use(self):
        self.assertEqual(feed_line.own_key({"id": "1", "quantity": "2"}), "line:1")
        for back in ({"quantity": "-2"}, {"kind": "退费", "quantity": "2"}):
            self.assertEqual(feed_line.own_key({"id": "1", **back}), "line:1:return")

    def test_only_finished_files_of_known_kinds_are_taken(self):
        taken = ["use.csv", "费用.XLSX", "a.jsonl", "a.json", "a.txt"]
        left = [
            "use.csv.tmp",
            ".use.csv",
            "~$a.xlsx",
            "_a.csv",
            "a.pdf",
            "a.csv.sha256",
        ]
        self.assertEqual([n for n in taken + left if is_for_us(n)], taken)


class TestSmallParts(BaseCase):
    def test_a_bucket_fills_at_its_rate_and_holds_a_minute(self):
        limit = RateLimit(largest=2)
        allowed = [limit.allow("a", 60, now=0.0) for _ in range(61)]
        self.assertEqual(allowed.count(True), 60)
        self.assertTrue(limit.allow("a", 60, now=1.0))
        self.assertFalse(limit.allow("a", 60, now=1.0))
        self.assertTrue(limit.allow("a", 60, now=-5.0) is False)  # a clock put back

    def test_patients_and_what_is_dropped_are_covered(self):
        given = {"item": "A", "visit": "V", "name": "X"}
        shown = {
            place: text
            for place, text, _kept in seen(given, {"item": "A", "visit": "V"})
        }
        self.assertEqual(shown, {"item": "A", "visit": "•••", "name": "•••"})

    def test_delimiters_in_what_we_send_are_escaped(self):
        self.assertEqual(text("a|b^c&d~e\\f"), "a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f")

    def test_an_answer_is_read_by_its_own_rules(self):
        def answer(code, control_id="1"):
            raw = f"MSH|^~\\&|A|B|C|D|2026||ACK|9|P|2.5\rMSA|{code}|{control_id}\r"
            return read_answer(raw.encode(), "1", "utf-8").fate

        self.assertEqual(
            [answer(code) for code in ("AA", "CA", "AE", "CE", "AR", "CR", "")],
            ["taken", "taken", "wrong", "wrong", "rejected", "rejected", "later"],
        )
        self.assertEqual(answer("AA", "2"), "foreign")
        self.assertEqual(read_answer(b"\xff", "1", "utf-8").fate, "later")

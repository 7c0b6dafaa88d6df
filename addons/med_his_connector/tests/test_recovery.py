from datetime import UTC, datetime
from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import BaseCase, new_test_user

from ..core.charge import Charge, Profile
from ..core.charges import read_charges
from ..core.feed_line import allowed, read_line
from ..core.fhir import readers
from ..core.hl7_message import read_envelope
from ..core.json_text import read_json, write_json
from .common import HisCase
from .door_case import DoorCase
from .samples import dft, ft1

NOW = datetime(2026, 4, 30, tzinfo=UTC)


class TestAmounts(BaseCase):
    """What was charged for a line, in each format."""

    def _hl7(self, quantity="2", **fields):
        raw = dft(ft1(quantity=quantity, **fields))
        (charge,) = read_charges(read_envelope(raw), "KEY", NOW).charges
        return charge.amount, charge.currency

    def _feed(self, **fields):
        values = allowed({"id": "1", "item": "A", "time": "2026-01-05", **fields})
        charge = read_line(values, NOW, Profile(), lambda *_: None)
        self.assertIsInstance(charge, Charge)
        return charge.amount, charge.currency

    def _fhir(self, **fields):
        item = {
            "resourceType": "ChargeItem",
            "identifier": [{"system": "urn:his", "value": "1"}],
            "status": "billable",
            "code": {"coding": [{"code": "A"}]},
            "occurrenceDateTime": "2026-01-05",
            "quantity": {"value": 3},
            **fields,
        }
        resource = read_json(write_json(item))
        reading = readers.read(resource, "1", NOW, Profile(), lambda *_: None)
        return reading.charges[0].amount, reading.charges[0].currency

    def test_the_extended_amount_of_a_charge_goes_before_its_price(self):
        both = {"f11": "30.50&CNY", "f12": "99"}
        self.assertEqual(self._hl7(**both), (Decimal("30.50"), "CNY"))
        self.assertEqual(self._hl7(f12="15.25&USD"), (Decimal("30.50"), "USD"))
        self.assertEqual(self._hl7(), (None, ""))

    def test_what_a_piece_cost_is_not_what_was_charged(self):
        self.assertEqual(self._hl7(f22="12"), (None, ""))

    def test_the_amount_of_a_minus_or_credit_is_no_less(self):
        self.assertEqual(self._hl7("-2", f11="-30"), (Decimal(30), ""))
        self.assertEqual(self._hl7(kind="CD", f12="15"), (Decimal(30), ""))

    def test_nothing_charged_is_not_unknown(self):
        self.assertEqual(self._hl7(f11="0"), (Decimal(0), ""))

    def test_an_amount_that_cannot_be_read_holds_up_no_use(self):
        self.assertEqual(self._hl7(f11="thirty"), (None, ""))
        self.assertEqual(self._feed(quantity="2", 金额="三十"), (None, ""))

    def test_a_feed_tells_amount_or_price(self):
        told = self._feed(quantity="2", 金额="30.5", 币种="cny")
        self.assertEqual(told, (Decimal("30.5"), "CNY"))
        self.assertEqual(self._feed(quantity="2", 单价="15"), (Decimal(30), ""))

    def test_a_charge_item_tells_the_price_of_the_whole(self):
        money = {"value": Decimal("30.50"), "currency": "CNY"}
        told = Decimal("30.50"), "CNY"
        self.assertEqual(self._fhir(priceOverride=money), told)
        self.assertEqual(self._fhir(totalPriceComponent={"amount": money}), told)
        self.assertEqual(self._fhir(), (None, ""))


class TestRecovery(HisCase):
    """Charged amount against cost, by department and item."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gloves.standard_price = 10
        cls.own = cls.company.currency_id.name

    def _charge(self, number, quantity="2", kind="CG", **fields):
        line = ft1("T-GLOVE", quantity, number, kind, **fields)
        (message,) = self._process(self._dft(line, control_id=f"{number}{kind}"))
        self.assertEqual(message.state, "processed", message.error_text)
        self.env.flush_all()
        return message.consumption_ids

    def _rates(self, *groups):
        Row = self.env["med.his.use.against.charge"]
        found = Row._read_group(
            [("product_id", "=", self.gloves.id)],
            groups,
            ["charged_amount:sum", "cost:sum", "recovery_rate:avg"],
        )
        return found if groups else found[0]

    def test_the_ledger_keeps_what_was_charged(self):
        use = self._charge("1", f11="30")
        back = self._charge("1", "1", "CD", f11="15")
        self.assertEqual((use.charged_amount, back.charged_amount), (30, -15))
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            use.sudo().charged_amount = 1

    def test_another_currency_is_converted_and_kept_as_told(self):
        other = self.env.ref("base.EUR" if self.own != "EUR" else "base.USD")
        other.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": other.id, "name": "2026-01-01", "rate": 0.5}
        )
        use = self._charge("1", f11=f"30&{other.name}")
        self.assertEqual(use.charged_amount, 60)
        self.assertEqual((use.charged_told, use.charged_currency_id), (30, other))

    def test_a_currency_that_is_not_known_holds_up_no_use(self):
        self._charge("1", f11="30&XXQ")
        self.assertFalse(any(self._rates()))

    def test_the_rate_of_many_is_that_of_their_sums(self):
        self._charge("1", "1", f11="10")
        self._charge("2", "3", f11="60")
        self.assertEqual(self._rates(), (70, 40, 1.75))

    def test_what_was_taken_back_counts_against_it(self):
        self._charge("1", "3", f11="60")
        self._charge("1", "1", "CD", f11="20")
        self.assertEqual(self._rates(), (40, 20, 2))

    def test_a_charge_without_an_amount_is_not_in_the_rate(self):
        self.env["med.stock.source"].create(
            {"department_id": self.icu.id, "source": "scan"}
        )
        self.gloves.med_chargeable = True
        self._charge("1", "2", f11="30")
        self._scan("s1", 2)
        self._charge("2", "5", when="20260101100000")
        self._scan("s2", 5, "2026-01-01 02:00:00")
        row = self.env["med.his.use.against.charge"].search(
            [("product_id", "=", self.gloves.id), ("amount_unknown", "=", True)]
        )
        self.assertEqual((row.charged, row.used, row.recovery_rate), (5, 5, 0))
        self.assertEqual(self._rates(), (30, 70, 1.5))

    def test_an_amount_that_is_told_later_is_known_from_then_on_nought_too(self):
        unknown = [("product_id", "=", self.gloves.id), ("charged_now", "=", False)]
        for number, amount in (("1", "0"), ("2", "8")):
            line = self._charge(number, "1")
            self.assertIn(line, line.search(unknown))
            told = self._dft(
                ft1("T-GLOVE", "1", number, f11=amount), control_id=f"{number}again"
            )
            self._process(told)
            self._process(told.replace(b"again", b"more"))
            change = line.amount_change_ids
            self.assertEqual((change.before, change.after), (0, float(amount)))
        self.env.flush_all()
        # One for nothing and one for 8, each of which cost 10.
        self.assertEqual(self._rates(), (8, 20, 0.4))

    def test_a_use_that_was_not_charged_lowers_the_rate(self):
        self.env["med.stock.source"].create(
            {"department_id": self.icu.id, "source": "scan"}
        )
        self.gloves.med_chargeable = True
        self._charge("1", "2", f11="20")
        self._scan("s1", 2)
        self._scan("s2", 2, "2026-01-01 02:00:00")
        self.assertEqual(self._rates(), (20, 40, 0.5))

    def test_by_department_and_item(self):
        self._charge("1", "1", f11="5")
        self._charge("2", "1", f11="15", f13="T-CATH")
        self.assertEqual(
            sorted(self._rates("department_id"), key=lambda row: row[1]),
            [(self.icu, 5, 10, 0.5), (self.cath, 15, 10, 1.5)],
        )

    def test_a_ward_manager_sees_the_rate_of_the_own_ward_only(self):
        self._charge("1", "1", f11="5")
        manager = new_test_user(
            self.env, "rate_manager", groups="med_consumables.group_ward_manager"
        )
        manager.med_department_ids = self.cath
        Row = self.env["med.his.use.against.charge"].with_user(manager)
        self.assertFalse(Row.search([("product_id", "=", self.gloves.id)]))
        manager.med_department_ids = self.icu
        row = Row.search([("product_id", "=", self.gloves.id)])
        self.assertEqual((row.charged_amount, row.cost), (5, 10))
        self.assertEqual(row.action_open()["res_model"], "med.consumption")

    def _scan(self, key, quantity, when="2026-01-05 02:00:00"):
        self.env["med.consumption"]._record(
            [
                {
                    "department_id": self.icu.id,
                    "product_id": self.gloves.id,
                    "kind": "use",
                    "quantity": quantity,
                    "event_time": when,
                    "source": "scan",
                    "external_key": key,
                }
            ]
        )
        self.env.flush_all()


class TestRecoveryOfChargeItems(DoorCase):
    def test_a_charge_item_keeps_its_price_to_the_ledger(self):
        price = {"value": 30.5, "currency": self.company.currency_id.name}
        answer = self._send("/fhir/R4/ChargeItem", self._charge(priceOverride=price))
        self.assertEqual(answer.status_code, 201)
        self._messages()._process()
        self.assertEqual(self._door_lines().charged_amount, 30.5)

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ConsumablesCase


@tagged("post_install", "-at_install")
class TestLoaner(ConsumablesCase):
    """A set of four screws for one operation."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.supplier = cls.env["res.partner"].create({"name": "Bone Supplier"})
        cls.screw = cls._product(
            "Screw",
            med_value_class="high",
            standard_price=0.0,
            supplier_taxes_id=False,
            seller_ids=[
                Command.create({"partner_id": cls.supplier.id, "price": 900.0})
            ],
        )
        cls.store = cls._user("l_store", "med_consumables.group_storekeeper")
        cls.nurse = cls._user("l_nurse", "med_consumables.group_ward_user", cls.icu)
        cls.set = (
            cls.env["med.loaner"]
            .with_user(cls.store)
            .create(
                {
                    "supplier_id": cls.supplier.id,
                    "department_id": cls.icu.id,
                    "description": "Hip set",
                    "line_ids": [
                        Command.create(
                            {
                                "product_id": cls.screw.id,
                                "lot_name": "S1",
                                "expiration_date": "2099-12-31",
                                "quantity": 4,
                            }
                        )
                    ],
                }
            )
        )
        cls.piece = cls.set.line_ids

    def _released(self):
        self.set.action_receive()
        self.set.sterilisation_ref = "CSSD-77"
        self.set.action_release()

    def _stock_of_the_set(self):
        quants = self.env["stock.quant"].search(
            [
                ("owner_id", "=", self.supplier.id),
                ("location_id.usage", "=", "internal"),
            ]
        )
        return sum(quants.mapped("quantity"))

    def _use_screws(self, quantity):
        line = self._use(quantity, product_id=self.screw.id, lot_name="S1")
        self._post()
        return line

    def test_it_has_a_number(self):
        self.assertRegex(self.set.name, r"^LS\d{4}/\d{5}$")

    def test_before_the_sterilisation_result_nothing_is_usable(self):
        self.set.action_receive()
        self.assertEqual(self._stock_of_the_set(), 4)
        figures = self.screw._med_stock(self.icu.stock_location_id)
        self.assertEqual(
            figures[self.screw.id, self.icu.stock_location_id.id].usable, 0
        )

    def test_without_a_sterilisation_record_nothing_is_released(self):
        self.set.action_receive()
        with self.assertRaisesRegex(UserError, "sterilisation record"):
            self.set.action_release()

    def test_released_pieces_lie_on_the_shelf(self):
        self._released()
        quant = self.env["stock.quant"].search(
            [
                ("owner_id", "=", self.supplier.id),
                ("location_id", "=", self.icu.stock_location_id.id),
            ]
        )
        self.assertEqual(quant.quantity, 4)
        self.assertEqual(self.set.sterilised_by, self.store)

    def test_what_is_used_is_bought_and_the_rest_goes_back(self):
        self._released()
        self.assertEqual(self._use_screws(1).value, 900.0)
        self.assertEqual((self.piece.used, self.piece.missing), (1, 3))
        self.piece.returned = 3
        self.set.action_return()
        self.assertEqual(self.set.state, "closed")
        self.assertEqual(self._stock_of_the_set(), 0)

    def test_a_piece_whose_use_waits_to_be_posted_is_not_missing(self):
        self._released()
        used = self._use(1, product_id=self.screw.id, lot_name="S1")
        self.piece.returned = 3
        self.set.action_return()
        self.assertEqual((used.state, self.set.state), ("posted", "closed"))
        self.assertEqual((self.piece.used, self.piece.missing), (1, 0))

    def test_a_missing_piece_needs_a_reason(self):
        self._released()
        self.piece.returned = 3
        with self.assertRaisesRegex(UserError, "Screw S1: 1"):
            self.set.action_return()
        self.piece.missing_reason = "Dropped behind the autoclave"
        self.set.action_return()
        self.assertEqual(self.set.state, "closed")
        self.assertEqual(self.piece.missing, 1)
        self.assertEqual(self._stock_of_the_set(), 0)

    def test_more_than_came_is_not_returned(self):
        self._released()
        with self.assertRaises(ValidationError):
            self.piece.returned = 5

    def test_a_set_that_is_not_sterile_goes_back_whole(self):
        self.set.action_receive()
        self.set.action_refuse()
        self.piece.returned = 4
        self.set.action_return()
        self.assertEqual(self._stock_of_the_set(), 0)

    def test_what_was_received_is_not_edited(self):
        self._released()
        with self.assertRaises(UserError):
            self.piece.quantity = 9
        with self.assertRaises(UserError):
            self.set.unlink()

    def test_it_is_received_once(self):
        self.set.action_receive()
        with self.assertRaisesRegex(UserError, "already"):
            self.set.action_receive()

    def test_a_tracked_piece_needs_its_lot(self):
        self.piece.lot_name = False
        with self.assertRaisesRegex(UserError, "lot or serial"):
            self.set.action_receive()

    def test_a_piece_that_expires_needs_its_date(self):
        self.piece.expiration_date = False
        with self.assertRaisesRegex(UserError, "expiry of Screw"):
            self.set.action_receive()

    def test_use_before_the_release_is_recorded(self):
        self.set.action_receive()
        self.assertIn(self._use_screws(1).state, ("posted", "incident"))

    def test_the_ward_reads_its_own_set_and_others_none(self):
        self.assertEqual(self.set.with_user(self.nurse).state, "announced")
        with self.assertRaises(AccessError):
            self.set.with_user(self.nurse).action_receive()
        other = self._user("l_er", "med_consumables.group_ward_user", self.er)
        self.assertFalse(self.env["med.loaner"].with_user(other).search([]))
        self.assertFalse(self.env["med.loaner.line"].with_user(other).search([]))

    def test_an_auditor_reads_and_writes_nothing(self):
        auditor = self._user("l_audit", "med_consumables.group_auditor")
        self.assertTrue(self.set.with_user(auditor).line_ids.read(["used", "missing"]))
        with self.assertRaises(AccessError):
            self.set.with_user(auditor).action_cancel()
